/* One pass over every file: decode, hear, spool. One thread a file, as many at once as there are
 * cores; a file's own work is in one thread, so that nothing is shared but the progress. */
#include "listen-private.h"
#include "narrow-private.h"
#include "sound-private.h"

#include <media/error.h>
#include <speech/mic.h>

enum {
    TELL_FRAMES = 625,        /* progress every 20 s of sound */
    FRAMES_MAX = 24 * 112500, /* 24 h: longer is a broken timestamp, or not a show */
};

typedef struct Pass {
    MediaListener *listener;
    const char *const *paths;
    const MediaProgress *progress;
    GCancellable *cancellable;
    GMutex mutex; /* guards what follows, and calls of progress */
    double done_s, total_s;
    GError *error; /* the first */
} Pass;

/* ---- one file ---- */

static void tell(Pass *pass, double more_s)
{
    g_mutex_lock(&pass->mutex);
    pass->done_s += more_s;
    media_progress_tell(pass->progress, "listen", MIN(pass->done_s, pass->total_s), pass->total_s);
    g_mutex_unlock(&pass->mutex);
}

static gboolean failed_already(Pass *pass)
{
    g_mutex_lock(&pass->mutex);
    gboolean failed = pass->error != NULL;
    g_mutex_unlock(&pass->mutex);
    return failed;
}

static gboolean hear_frame(MediaHeard *heard, SpeechMic *mic, MediaNarrow *narrow,
                           const float *samples, GError **error)
{
    SpeechFrame frame = speech_mic_push(mic, samples);
    gint16 thin[SPEECH_FRAME_SAMPLES / MEDIA_NARROW_STEP];
    media_narrow_push(narrow, samples, SPEECH_FRAME_SAMPLES, thin);
    return media_spool_append(heard->frames, &frame, sizeof frame, error) &&
           media_spool_append(heard->narrow, thin, sizeof thin, error);
}

/* A last part shorter than a frame is left out. */
static gboolean hear_all(Pass *pass, MediaSound *sound, MediaHeard *heard, GError **error)
{
    g_autofree void *memory = g_malloc(speech_mic_size());
    SpeechMic *mic = speech_mic_init(memory);
    MediaNarrow narrow;
    media_narrow_init(&narrow);
    float samples[SPEECH_FRAME_SAMPLES];
    for (int frames = 1; frames <= FRAMES_MAX; frames++) {
        gssize got = media_sound_read(sound, samples, SPEECH_FRAME_SAMPLES, error);
        if (got < 0)
            return FALSE;
        if (got < SPEECH_FRAME_SAMPLES)
            return TRUE;
        if (!hear_frame(heard, mic, &narrow, samples, error))
            return FALSE;
        if (frames % TELL_FRAMES == 0) {
            tell(pass, TELL_FRAMES * SPEECH_FRAME_MS / 1000.0);
            if (failed_already(pass))
                return TRUE;
        }
    }
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                "its sound is longer than 24 hours; cut the recording first");
    return FALSE;
}

static gboolean hear_file(Pass *pass, int index, GError **error)
{
    MediaHeard *heard = &pass->listener->heard[index];
    heard->path = g_strdup(pass->paths[index]);
    heard->frames = media_spool_open(error);
    heard->narrow = heard->frames != NULL ? media_spool_open(error) : NULL;
    if (heard->narrow == NULL)
        return FALSE;
    g_autoptr(MediaSound) sound =
        media_sound_open_again(pass->paths[index], 1, heard->zero_us, error);
    if (sound == NULL)
        return FALSE;
    media_sound_set_cancellable(sound, pass->cancellable);
    GError *reason = NULL;
    if (!hear_all(pass, sound, heard, &reason)) {
        if (g_error_matches(reason, MEDIA_ERROR, MEDIA_ERROR_LIMIT))
            g_prefix_error(&reason, "%s: ", pass->paths[index]);
        g_propagate_error(error, reason);
        return FALSE;
    }
    return media_spool_finish(heard->frames, error) && media_spool_finish(heard->narrow, error);
}

static void work(gpointer task, gpointer data)
{
    Pass *pass = data;
    GError *error = NULL;
    if (failed_already(pass) || hear_file(pass, GPOINTER_TO_INT(task) - 1, &error))
        return;
    g_mutex_lock(&pass->mutex);
    if (pass->error == NULL)
        pass->error = error;
    else
        g_error_free(error);
    g_mutex_unlock(&pass->mutex);
}

/* ---- all files ---- */

static gboolean find_total(Pass *pass, int n, GError **error)
{
    for (int i = 0; i < n; i++) {
        if (pass->paths[i] == NULL)
            continue;
        g_autoptr(MediaSound) sound = media_sound_open(pass->paths[i], 1, error);
        if (sound == NULL)
            return FALSE;
        pass->total_s += media_sound_duration_s(sound);
        pass->listener->heard[i].zero_us = media_sound_zero_us(sound);
    }
    pass->total_s = MAX(pass->total_s, 1);
    return TRUE;
}

static gboolean hear_in_threads(Pass *pass, int n, GError **error)
{
    int threads = (int)CLAMP(g_get_num_processors(), 1, (guint)MAX(n, 1));
    GThreadPool *pool = g_thread_pool_new(work, pass, threads, TRUE, error);
    if (pool == NULL)
        return FALSE;
    for (int i = 0; i < n; i++)
        if (pass->paths[i] != NULL)
            g_thread_pool_push(pool, GINT_TO_POINTER(i + 1), NULL);
    g_thread_pool_free(pool, FALSE, TRUE); /* waits for all */
    if (pass->error != NULL) {
        g_propagate_error(error, pass->error);
        return FALSE;
    }
    media_progress_tell(pass->progress, "listen", pass->total_s, pass->total_s);
    return TRUE;
}

MediaListener *media_listen(const char *const *paths, int n, const MediaProgress *progress,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(MediaListener) listener = g_new0(MediaListener, 1);
    listener->n = n;
    listener->heard = g_new0(MediaHeard, (gsize)MAX(n, 0) + 1);
    Pass pass = {
        .listener = listener, .paths = paths, .progress = progress, .cancellable = cancellable};
    g_mutex_init(&pass.mutex);
    gboolean heard = find_total(&pass, n, error) && hear_in_threads(&pass, n, error);
    g_mutex_clear(&pass.mutex);
    return heard ? g_steal_pointer(&listener) : NULL;
}

void media_listener_free(MediaListener *listener)
{
    if (listener == NULL)
        return;
    for (int i = 0; i < listener->n; i++) {
        media_spool_close(listener->heard[i].frames);
        media_spool_close(listener->heard[i].narrow);
        g_free(listener->heard[i].path);
    }
    g_free(listener->heard);
    g_free(listener);
}

gint64 media_heard_frames(const MediaHeard *heard)
{
    return heard->frames == NULL ? 0
                                 : media_spool_bytes(heard->frames) / (gint64)sizeof(SpeechFrame);
}

double media_heard_duration_s(const MediaHeard *heard)
{
    return (double)media_heard_frames(heard) * SPEECH_FRAME_MS / 1000;
}
