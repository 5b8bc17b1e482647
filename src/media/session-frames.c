/* Frames of several files, each on its own clock, brought onto the session's grid of 32 ms. */
#include "listen-private.h"

#include <math.h>
#include <string.h>

enum { CACHED = 512 }; /* frames of each voice read at once: 16 s */

typedef struct Cache {
    gint64 first; /* file's frame that it begins with */
    gsize held;
    SpeechFrame frames[CACHED];
} Cache;

struct MediaSessionFrames {
    const MediaListener *listener;
    gint64 count;
    Cache cache[SPEECH_MICS_MAX];
};

static const MediaHeard *heard_of(const MediaListener *listener, int voice)
{
    return &listener->heard[listener->voice[voice].file];
}

/* The file's frame whose middle is nearest to that of session frame `index`; may lie outside. */
static gint64 frame_in_file(const MediaVoice *voice, gint64 index)
{
    double start_s = (double)index * SPEECH_FRAME_MS / 1000;
    return llrint(show_clock_to_source(&voice->clock, start_s) * 1000 / SPEECH_FRAME_MS);
}

MediaSessionFrames *media_session_frames_new(const MediaListener *listener)
{
    MediaSessionFrames *frames = g_new0(MediaSessionFrames, 1);
    frames->listener = listener;
    for (int i = 0; i < listener->voices; i++) {
        const MediaVoice *voice = &listener->voice[i];
        double end_s =
            show_clock_to_session(&voice->clock, media_heard_duration_s(heard_of(listener, i)));
        frames->count = MAX(frames->count, llrint(end_s * 1000 / SPEECH_FRAME_MS));
    }
    return frames;
}

void media_session_frames_free(MediaSessionFrames *frames)
{
    g_free(frames);
}

gint64 media_session_frames_count(const MediaSessionFrames *frames)
{
    return frames->count;
}

gboolean media_session_frames_cover(const MediaSessionFrames *frames, int voice, gint64 index)
{
    gint64 at = frame_in_file(&frames->listener->voice[voice], index);
    return at >= 0 && at < media_heard_frames(heard_of(frames->listener, voice));
}

static gboolean load(MediaSessionFrames *frames, int voice, gint64 at, GError **error)
{
    Cache *cache = &frames->cache[voice];
    const MediaHeard *heard = heard_of(frames->listener, voice);
    cache->first = at;
    cache->held = (gsize)MIN(CACHED, media_heard_frames(heard) - at);
    return media_spool_read(heard->frames, at * (gint64)sizeof(SpeechFrame), cache->frames,
                            cache->held * sizeof(SpeechFrame), error);
}

gboolean media_session_frames_get(MediaSessionFrames *frames, gint64 index, SpeechFrame *out,
                                  GError **error)
{
    for (int i = 0; i < frames->listener->voices; i++) {
        out[i] = (SpeechFrame){0, SPEECH_LEVEL_MIN_DB};
        if (!media_session_frames_cover(frames, i, index))
            continue;
        gint64 at = frame_in_file(&frames->listener->voice[i], index);
        Cache *cache = &frames->cache[i];
        if (at < cache->first || at >= cache->first + (gint64)cache->held)
            if (!load(frames, i, at, error))
                return FALSE;
        out[i] = cache->frames[at - cache->first];
    }
    return TRUE;
}
