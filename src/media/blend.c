/* One microphone is open, the others are well down; from one to the other in under 0.2 s, without
 * a step. A second microphone that hears the same voice a few milliseconds later would colour it. */
#include "blend-private.h"
#include "openness-private.h"
#include "sound-private.h"

#include <math.h>
#include <media/probe.h>
#include <string.h>

#define CLOSED       0.1f       /* −20 dB: the room goes on, the echo is not heard */
#define OPENING      (1.0f / 2) /* of the way, each frame: 64 ms … */
#define CLOSING      (1.0f / 5) /* … and 160 ms */
#define LEVEL_MAX_DB 12.0f      /* how far microphones are brought to one level */

typedef struct Input {
    MediaSessionSound *sound;
    ShowClock clock;
    double duration_s;
    int voice;   /* index in the listener's voices, or -1 */
    float level; /* gain that makes its person as loud as the others */
    float open;  /* 0 … 1 */
    float gain;  /* at the end of the last block */
} Input;

struct MediaBlend {
    int n;
    Input *inputs;
    MediaOpenness *openness;
    gint64 frame; /* session frame that the next block is */
    gboolean begun;
    float samples[MEDIA_BLEND_BLOCK];
};

/* ---- open and close ---- */

static int voice_of(const MediaListener *listener, int file)
{
    for (int i = 0; file >= 0 && listener != NULL && i < listener->voices; i++)
        if (listener->voice[i].file == file)
            return i;
    return -1;
}

/* What brings each person to the mean of those who speak. */
static float level_of(const MediaListener *listener, int voice)
{
    if (voice < 0 || listener->voice[voice].mic.silent)
        return 1;
    float sum_db = 0;
    int count = 0;
    for (int i = 0; i < listener->voices; i++) {
        if (listener->voice[i].mic.silent)
            continue;
        sum_db += listener->voice[i].mic.gain_db;
        count++;
    }
    float by_db = sum_db / (float)count - listener->voice[voice].mic.gain_db;
    by_db = isfinite(by_db) ? CLAMP(by_db, -LEVEL_MAX_DB, LEVEL_MAX_DB) : 0;
    return powf(10, by_db / 20);
}

/* Browsers write WebM without a length: then the packets say. */
static gboolean find_duration(const char *path, const MediaSound *sound, double *duration_s,
                              GError **error)
{
    *duration_s = media_sound_duration_s(sound);
    if (*duration_s > 0)
        return TRUE;
    g_autoptr(MediaInfo) info = media_probe(path, error);
    if (info == NULL)
        return FALSE;
    *duration_s = info->duration_s;
    return TRUE;
}

static gboolean open_input(Input *input, const MediaMixSource *source,
                           const MediaListener *listener, double start_s, GCancellable *cancellable,
                           GError **error)
{
    input->clock = source->clock;
    input->voice = voice_of(listener, source->frames);
    input->level = level_of(listener, input->voice);
    input->sound = media_session_sound_open(source->path, 1, source->clock, start_s, error);
    if (input->sound == NULL)
        return FALSE;
    MediaSound *sound = media_session_sound_peek(input->sound);
    media_sound_set_cancellable(sound, cancellable);
    return find_duration(source->path, sound, &input->duration_s, error);
}

MediaBlend *media_blend_open(const MediaMixSource *sources, int n, const MediaListener *listener,
                             double start_s, GCancellable *cancellable, GError **error)
{
    g_autoptr(MediaBlend) blend = g_new0(MediaBlend, 1);
    blend->n = n;
    blend->inputs = g_new0(Input, (gsize)n + 1);
    blend->frame = llrint(start_s * 1000 / SPEECH_FRAME_MS);
    for (int i = 0; i < n; i++)
        if (!open_input(&blend->inputs[i], &sources[i], listener, start_s, cancellable, error))
            return NULL;
    blend->openness = media_openness_new(listener, MAX(blend->frame, 0), error);
    if (blend->openness == NULL)
        return NULL;
    return g_steal_pointer(&blend);
}

void media_blend_close(MediaBlend *blend)
{
    if (blend == NULL)
        return;
    for (int i = 0; i < blend->n; i++)
        media_session_sound_close(blend->inputs[i].sound);
    media_openness_free(blend->openness);
    g_free(blend->inputs);
    g_free(blend);
}

/* ---- who is open ---- */

static gboolean has_sound(const Input *input, double t_s)
{
    double at_s = show_clock_to_source(&input->clock, t_s);
    return at_s >= 0 && at_s < input->duration_s;
}

/* No microphone there: the longest of what else has sound (the same one as long as it lasts). */
static int fallback(const MediaBlend *blend, double t_s)
{
    int best = -1;
    for (int i = 0; i < blend->n; i++) {
        const Input *input = &blend->inputs[i];
        if (has_sound(input, t_s) &&
            (best < 0 || input->duration_s > blend->inputs[best].duration_s))
            best = i;
    }
    return best;
}

static gboolean find_open(MediaBlend *blend, int *open, GError **error)
{
    int voice = -1;
    *open = -1;
    if (blend->frame >= 0 && !media_openness_next(blend->openness, &voice, error))
        return FALSE;
    for (int i = 0; voice >= 0 && i < blend->n; i++)
        if (blend->inputs[i].voice == voice)
            *open = i;
    if (*open < 0)
        *open = fallback(blend, ((double)blend->frame + 0.5) * SPEECH_FRAME_MS / 1000);
    return TRUE;
}

/* ---- mixing ---- */

/* The gain at the end of this block. What is no voice is silent while it is closed. */
static float next_gain(Input *input, gboolean open, gboolean begun)
{
    float way = open ? OPENING : -CLOSING;
    input->open = begun ? CLAMP(input->open + way, 0.0f, 1.0f) : (float)open;
    float curve = input->open * input->open * (3 - 2 * input->open);
    float floor_gain = input->voice >= 0 ? CLOSED : 0.0f;
    return input->level * (floor_gain + (1 - floor_gain) * curve);
}

static void add(const float *samples, float from, float to, float *mono)
{
    float step = (to - from) / MEDIA_BLEND_BLOCK;
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        mono[i] += samples[i] * (from + step * (float)i);
}

gboolean media_blend_read(MediaBlend *blend, float *mono, GError **error)
{
    int open = -1;
    if (!find_open(blend, &open, error))
        return FALSE;
    memset(mono, 0, MEDIA_BLEND_BLOCK * sizeof *mono);
    for (int i = 0; i < blend->n; i++) {
        Input *input = &blend->inputs[i];
        if (!media_session_sound_read(input->sound, blend->samples, MEDIA_BLEND_BLOCK, error))
            return FALSE;
        float gain = next_gain(input, i == open, blend->begun);
        add(blend->samples, blend->begun ? input->gain : gain, gain, mono);
        input->gain = gain;
    }
    blend->begun = TRUE;
    blend->frame++;
    return TRUE;
}
