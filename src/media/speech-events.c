/* Who speaks: gains over the whole show, then the share, frame by frame on the session clock. */
#include "listen-private.h"

#include <math.h>
#include <media/error.h>
#include <speech/gains.h>

/* ---- the voices ---- */

static gboolean add_voice(MediaListener *listener, int file, int source, ShowClock clock,
                          GError **error)
{
    if (listener->voices == SPEECH_MICS_MAX) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                    "more than %d microphones; leave some of them out", SPEECH_MICS_MAX);
        return FALSE;
    }
    listener->voice[listener->voices++] =
        (MediaVoice){.file = file, .source = source, .clock = clock};
    return TRUE;
}

static gboolean list_voices(MediaListener *listener, const MediaAlignment *alignments,
                            const int *mics, GError **error)
{
    listener->voices = 0;
    for (int i = 0; i < listener->n; i++) {
        if (mics[i] < 0 || listener->heard[i].frames == NULL)
            continue;
        if (!add_voice(listener, i, mics[i], alignments[i].clock, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean find_gains(MediaListener *listener, MediaSessionFrames *frames, float *isolation_db,
                           GError **error)
{
    g_autofree void *memory = g_malloc(speech_gains_size());
    SpeechGains *gains = speech_gains_init(memory, listener->voices);
    SpeechFrame heard[SPEECH_MICS_MAX];
    gint64 count = media_session_frames_count(frames);
    for (gint64 i = 0; i < count; i++) {
        if (!media_session_frames_get(frames, i, heard, error))
            return FALSE;
        speech_gains_push(gains, heard);
    }
    SpeechShareMic mics[SPEECH_MICS_MAX];
    speech_gains_get(gains, mics, isolation_db);
    for (int i = 0; i < listener->voices; i++)
        listener->voice[i].mic = mics[i];
    return TRUE;
}

/* ---- events ---- */

static const char *id_of(const MediaListener *listener, const GPtrArray *sources, int voice)
{
    return ((const ShowSource *)sources->pdata[listener->voice[voice].source])->id;
}

static double tenths(float value)
{
    return round((double)value * 10) / 10;
}

static void add_gains(const MediaListener *listener, const GPtrArray *sources, float isolation_db,
                      GPtrArray *events)
{
    json_t *gains = json_object(), *silent = json_array();
    for (int i = 0; i < listener->voices; i++) {
        const char *id = id_of(listener, sources, i);
        json_object_set_new(gains, id, json_real(tenths(listener->voice[i].mic.gain_db)));
        if (listener->voice[i].mic.silent)
            json_array_append_new(silent, json_string(id));
    }
    ShowEvent *event = show_event_new(SHOW_EVENT_GAINS, NULL, 0);
    show_event_set(event, "gains", gains);
    show_event_set(event, "silent", silent);
    show_event_set(event, "isolation", json_real(tenths(isolation_db)));
    g_ptr_array_add(events, event);
}

static void add_edges(const MediaListener *listener, const GPtrArray *sources,
                      const SpeechEdge *edges, int count, GPtrArray *events)
{
    for (int i = 0; i < count; i++) {
        ShowEventType type = edges[i].start ? SHOW_EVENT_SPEAKING_START : SHOW_EVENT_SPEAKING_STOP;
        ShowEvent *event =
            show_event_new(type, id_of(listener, sources, edges[i].mic), edges[i].t_ms);
        event->edge_t_ms = MAX(0, edges[i].edge_ms);
        g_ptr_array_add(events, event);
    }
}

static gboolean share_out(const MediaListener *listener, const GPtrArray *sources,
                          MediaSessionFrames *frames, GPtrArray *events, GError **error)
{
    g_autofree void *memory = g_malloc(speech_share_size());
    SpeechShare *share = speech_share_init(memory, listener->voices, NULL);
    for (int i = 0; i < listener->voices; i++)
        speech_share_set_mic(share, i, listener->voice[i].mic);
    SpeechFrame heard[SPEECH_MICS_MAX];
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    gint64 count = media_session_frames_count(frames);
    for (gint64 i = 0; i < count; i++) {
        if (!media_session_frames_get(frames, i, heard, error))
            return FALSE;
        int n = speech_share_push(share, heard, (i + 1) * SPEECH_FRAME_MS, edges);
        add_edges(listener, sources, edges, n, events);
    }
    int n = speech_share_finish(share, count * SPEECH_FRAME_MS, edges);
    add_edges(listener, sources, edges, n, events);
    return TRUE;
}

gboolean media_speech_events(MediaListener *listener, const GPtrArray *sources,
                             const MediaAlignment *alignments, const int *mics, GPtrArray *events,
                             float *isolation_db, GError **error)
{
    *isolation_db = 99;
    if (!list_voices(listener, alignments, mics, error))
        return FALSE;
    if (listener->voices == 0)
        return TRUE;
    g_autoptr(MediaSessionFrames) frames = media_session_frames_new(listener);
    if (!find_gains(listener, frames, isolation_db, error))
        return FALSE;
    add_gains(listener, sources, *isolation_db, events);
    return share_out(listener, sources, frames, events, error);
}
