/* What a media file holds. Reads headers and, where they do not say, the first second or so. */
#pragma once
#include <gio/gio.h>
#include <show/rate.h>

typedef struct MediaInfo {
    char *path;
    char *container;          /* libav's short name: "mov,mp4,m4a,3gp,3g2,mj2" */
    gint64 bytes;
    double duration_s;        /* from the first moment of the earliest stream (the file's zero) */
    gboolean has_video, has_audio;
    /* picture, as it is meant to be seen: rotation applied, square pixels */
    int width, height;
    int rotation;             /* degrees clockwise that the flag asks for: 0, 90, 180, 270 */
    ShowRate rate;            /* constant rate, or the nearest to the mean when variable */
    gboolean variable_rate;
    char *video_codec;        /* "h264" */
    double video_start_s;     /* of the first frame, from the file's zero */
    /* sound */
    char *audio_codec;        /* "aac" */
    int sample_rate, channels;
    double audio_start_s;
} MediaInfo;

/* Errors name the file and the way out: not there, a folder, empty, no media, no frames, truncated
 * before its index, beyond limits. */
MediaInfo *media_probe(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_info_free(MediaInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaInfo, media_info_free)

/* Editors open the file as it is: MP4 or MOV, constant rate, H.264/HEVC/ProRes with AAC or PCM. */
gboolean media_info_editable(const MediaInfo *info);
