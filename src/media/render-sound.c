#include "render-sound-private.h"

#include "encode-private.h"

#include <media/sound.h>

enum {
    BLOCK_SAMPLES = 1024,
    FADE_SAMPLES = 480, /* 10 ms: where pieces meet nothing clicks */
    TELL_BLOCKS = 938,  /* progress every 20 s */
};

/* One encoder, and the stream where what it makes goes. */
typedef struct Track {
    MediaAac *aac;
    MediaOutput *output;
    int stream;
} Track;

typedef struct Sound {
    const MediaRender *render;
    const MediaPlan *plan;
    Track program, highlights; /* highlights.output NULL: none */
    gint64 done;               /* samples of the mix read */
    guint piece;               /* the first that may still need sound */
} Sound;

/* ---- tracks ---- */

static gboolean write_packet(AVPacket *packet, gpointer data, GError **error)
{
    const Track *track = data;
    return media_output_write(track->output, track->stream, packet, error);
}

static gboolean open_track(Track *track, MediaOutput *output, int bitrate, GError **error)
{
    track->aac = media_aac_open(bitrate, error);
    if (track->aac == NULL)
        return FALSE;
    track->output = output;
    track->stream = media_output_add_encoder(output, media_aac_context(track->aac));
    return TRUE;
}

static gboolean finish_track(Track *track, GError **error)
{
    return track->output == NULL || media_aac_finish(track->aac, write_packet, track, error);
}

static void sound_clear(Sound *sound)
{
    media_aac_close(sound->program.aac);
    media_aac_close(sound->highlights.aac);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sound, sound_clear)

/* ---- encoding ---- */

/* The mix, and silence where it ends early. */
static gboolean read_mix(Sound *sound, float *stereo, gsize n, GError **error)
{
    gsize have = 0;
    while (have < n) {
        gssize got = media_mix_read(sound->render->mix, stereo + 2 * have, n - have, error);
        if (got < 0)
            return FALSE;
        if (got == 0)
            break;
        have += (gsize)got;
    }
    for (gsize i = 2 * have; i < 2 * n; i++)
        stereo[i] = 0;
    return TRUE;
}

/* Samples of the program that a piece takes: as many as its frames last where it comes to lie, so
 * that rounding never adds up. */
static void piece_samples(const MediaPlan *plan, const MediaPlanPiece *piece, gint64 *begin,
                          gint64 *end)
{
    gint64 frames = piece->end - piece->first;
    *begin = media_plan_sample(plan, piece->first);
    *end =
        *begin + media_plan_sample(plan, piece->at + frames) - media_plan_sample(plan, piece->at);
}

static float fade(gint64 sample, gint64 begin, gint64 end)
{
    gint64 edge = MIN(sample - begin, end - 1 - sample);
    return edge >= FADE_SAMPLES ? 1.0f : ((float)edge + 0.5f) / FADE_SAMPLES;
}

static gboolean push_pieces(Sound *sound, const float *stereo, gint64 n, GError **error)
{
    while (sound->piece < sound->plan->pieces->len) {
        gint64 begin, end;
        piece_samples(sound->plan, media_plan_piece(sound->plan, sound->piece), &begin, &end);
        gint64 from = MAX(begin, sound->done), to = MIN(end, sound->done + n);
        for (gint64 i = from; i < to; i++) {
            float gain = fade(i, begin, end);
            const float *sample = stereo + 2 * (i - sound->done);
            const float faded[2] = {sample[0] * gain, sample[1] * gain};
            if (!media_aac_push(sound->highlights.aac, faded, 1, write_packet, &sound->highlights,
                                error))
                return FALSE;
        }
        if (end > sound->done + n)
            break;
        sound->piece++;
    }
    return TRUE;
}

static gboolean encode_all(Sound *sound, GError **error)
{
    float stereo[2 * BLOCK_SAMPLES];
    gint64 all = media_plan_sample(sound->plan, sound->plan->frames);
    for (gint64 block = 1; sound->done < all; block++) {
        gint64 n = MIN(all - sound->done, BLOCK_SAMPLES);
        if (g_cancellable_set_error_if_cancelled(sound->render->cancellable, error) ||
            !read_mix(sound, stereo, (gsize)n, error) ||
            !media_aac_push(sound->program.aac, stereo, (gsize)n, write_packet, &sound->program,
                            error))
            return FALSE;
        if (sound->highlights.output != NULL && !push_pieces(sound, stereo, n, error))
            return FALSE;
        sound->done += n;
        if (block % TELL_BLOCKS == 0)
            media_progress_tell(sound->render->progress, "sound",
                                (double)sound->done / MEDIA_SOUND_HZ, (double)all / MEDIA_SOUND_HZ);
    }
    return finish_track(&sound->program, error) && finish_track(&sound->highlights, error);
}

gboolean media_render_sound(const MediaRender *render, const MediaPlan *plan, MediaOutput *program,
                            MediaOutput *highlights, GError **error)
{
    g_auto(Sound) sound = {.render = render, .plan = plan};
    int bitrate = render->settings->audio_bitrate;
    if (!open_track(&sound.program, program, bitrate, error) ||
        (highlights != NULL && !open_track(&sound.highlights, highlights, bitrate, error)) ||
        !encode_all(&sound, error))
        return FALSE;
    media_mix_close_recordings(render->mix);
    return TRUE;
}
