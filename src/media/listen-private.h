/* What has been heard in each file, for those who align, find speech and mix. */
#pragma once
#include "spool-private.h"
#include <media/listen.h>
#include <speech/share.h>

/* One file. frames == NULL: a source without sound. */
typedef struct MediaHeard {
    char *path;         /* NULL without sound */
    gint64 zero_us;     /* of the file, in its own time */
    MediaSpool *frames; /* SpeechFrame, every 32 ms from the file's zero */
    MediaSpool *narrow; /* gint16 at MEDIA_NARROW_HZ, from the file's zero */
} MediaHeard;

gint64 media_heard_frames(const MediaHeard *heard);
double media_heard_duration_s(const MediaHeard *heard);

/* One microphone among those that share, and where its file lies. */
typedef struct MediaVoice {
    int file;   /* index in the listener */
    int source; /* whose voice it is */
    ShowClock clock;
    SpeechShareMic mic;
} MediaVoice;

struct MediaListener {
    int n;
    MediaHeard *heard; /* [n] */
    /* from media_speech_events(): */
    int voices;
    MediaVoice voice[SPEECH_MICS_MAX];
};

/* ---- frames of all voices on the session clock ---- */

typedef struct MediaSessionFrames MediaSessionFrames;

/* The listener is borrowed. */
MediaSessionFrames *media_session_frames_new(const MediaListener *listener);
void media_session_frames_free(MediaSessionFrames *frames);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSessionFrames, media_session_frames_free)
/* Session frames until the last file ends. */
gint64 media_session_frames_count(const MediaSessionFrames *frames);
/* out[voices]: frame `index` of the session (it ends at (index + 1) × 32 ms), of each voice the
 * nearest frame of its file; silence where the file is not. Quick for ascending indexes. */
gboolean media_session_frames_get(MediaSessionFrames *frames, gint64 index, SpeechFrame *out,
                                  GError **error);
/* Whether the voice's file has sound at this frame. */
gboolean media_session_frames_cover(const MediaSessionFrames *frames, int voice, gint64 index);
