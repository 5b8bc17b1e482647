/* The program of a running show becomes one stream: H.264 is passed on as it came, Opus becomes AAC
 * once, VP8 and VP9 become H.264. Its times begin at 0 and never stop or jump, whatever happens to the
 * program: while no picture comes for two seconds a slate with the show's name stands in, and the
 * program is back at its next keyframe. All of it can run a while behind (the delay).
 *
 * Nothing is read or written here, and no clock is asked: packets are pushed, packets come out, and
 * the time is given. Threads: one at a time. Times: µs. */
#pragma once
#include <media/error.h>

enum { MEDIA_LIVE_SLATE_AFTER_US = 2000000, MEDIA_LIVE_DELAY_MAX_US = 30000000 };

typedef struct MediaLive MediaLive;

/* What the packets that follow are: H.264 (avcC) or AAC (AudioSpecificConfig). */
typedef struct MediaLiveFormat {
    gboolean is_sound;
    int width, height;         /* of pictures */
    const guint8 *description; /* borrowed */
    gsize length;
} MediaLiveFormat;

typedef struct MediaLivePacket {
    gboolean is_sound;
    gboolean is_key;
    gint64 t_us;         /* rises in each of the two; the two lie side by side */
    const guint8 *bytes; /* borrowed; H.264 with lengths of four bytes */
    gsize length;
} MediaLivePacket;

typedef struct MediaLiveEvents {
    void (*format)(const MediaLiveFormat *format, gpointer data);
    void (*packet)(const MediaLivePacket *packet, gpointer data);
    void (*warning)(const char *text, gpointer data); /* each once */
    gpointer data;
} MediaLiveEvents;

typedef struct MediaLiveOptions {
    const char *name;  /* of the show */
    gint64 delay_us;   /* 0 … MEDIA_LIVE_DELAY_MAX_US */
    int audio_bitrate; /* 0: 128 000 */
} MediaLiveOptions;

/* `now_us`, here and below: of one clock that never goes back. */
MediaLive *media_live_new(const MediaLiveOptions *options, const MediaLiveEvents *events,
                          gint64 now_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_live_free(MediaLive *live); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaLive, media_live_free)

typedef struct MediaLiveInput {
    const char *codec; /* as WebCodecs names it: avc1.…, vp8, vp09.…, opus */
    int width, height;
    double rate; /* frames in a second; 0: not known */
    const guint8 *description;
    gsize length;
} MediaLiveInput;

/* What the packets pushed from now on are. MEDIA_ERROR_NOT_MEDIA: nothing that can be passed on. */
gboolean media_live_format(MediaLive *live, gboolean is_sound, const MediaLiveInput *input,
                           GError **error);
/* A packet of the program, its time on the session clock. FALSE: the stream cannot go on. */
gboolean media_live_push(MediaLive *live, const MediaLivePacket *packet, gint64 now_us,
                         GError **error);
/* Gives out what is due. `next_us`: when to call it again, at the latest. */
gboolean media_live_advance(MediaLive *live, gint64 now_us, gint64 *next_us, GError **error);

typedef struct MediaLiveCounts {
    gint64 frames; /* pictures that were given out */
    gint64 slates, slate_us;
    gboolean is_slate; /* now */
    gboolean is_transcoded;
} MediaLiveCounts;
MediaLiveCounts media_live_counts(const MediaLive *live);
