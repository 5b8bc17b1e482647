#include "render-sound-private.h"

#include "encode-private.h"
#include "packet-spool-private.h"

#include <media/sound.h>

enum {
    BLOCK_SAMPLES = 1024,
    FADE_SAMPLES = 480, /* 10 ms: where pieces meet nothing clicks */
    TELL_BLOCKS = 938,  /* progress every 20 s */
};

/* One encoder, what it made, and the stream where that goes. */
typedef struct Track {
    MediaAac *aac;
    MediaPacketSpool *packets;
    AVPacket *packet;
    MediaOutput *output;
    int stream;
} Track;

struct MediaRenderSound {
    const MediaRender *render;
    const MediaPlan *plan;
    Track program, highlights; /* highlights.output NULL: none */
    gint64 done;               /* samples of the mix read */
    guint piece;               /* the first that may still need sound */
};

/* ---- tracks ---- */

static gboolean keep_packet(AVPacket *packet, gpointer data, GError **error)
{
    Track *track = data;
    gboolean kept = media_packet_spool_put(track->packets, packet, error);
    av_packet_unref(packet);
    return kept;
}

static gboolean open_track(Track *track, MediaOutput *output, int bitrate, GError **error)
{
    track->aac = media_aac_open(bitrate, error);
    if (track->aac == NULL)
        return FALSE;
    track->packets = media_packet_spool_open(error);
    if (track->packets == NULL)
        return FALSE;
    track->packet = av_packet_alloc();
    g_assert(track->packet != NULL);
    track->output = output;
    track->stream = media_output_add_encoder(output, media_aac_context(track->aac));
    return TRUE;
}

static gboolean finish_track(Track *track, GError **error)
{
    return track->output == NULL || (media_aac_finish(track->aac, keep_packet, track, error) &&
                                     media_packet_spool_finish(track->packets, error));
}

static void close_track(Track *track)
{
    media_aac_close(track->aac);
    media_packet_spool_close(track->packets);
    av_packet_free(&track->packet);
}

/* Writes the packets that begin before this sample of the output. */
static gboolean write_track(Track *track, gint64 until, GError **error)
{
    if (track->output == NULL)
        return TRUE;
    while (media_packet_spool_next_pts(track->packets) < until)
        if (!media_packet_spool_take(track->packets, track->packet, error) ||
            !media_output_write(track->output, track->stream, track->packet, error))
            return FALSE;
    return TRUE;
}

void media_render_sound_close(MediaRenderSound *sound)
{
    if (sound == NULL)
        return;
    close_track(&sound->program);
    close_track(&sound->highlights);
    g_free(sound);
}

/* ---- encoding ---- */

/* The mix, and silence where it ends early. */
static gboolean read_mix(MediaRenderSound *sound, float *stereo, gsize n, GError **error)
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

static gboolean push_pieces(MediaRenderSound *sound, const float *stereo, gint64 n, GError **error)
{
    while (sound->piece < sound->plan->pieces->len) {
        gint64 begin, end;
        piece_samples(sound->plan, media_plan_piece(sound->plan, sound->piece), &begin, &end);
        gint64 from = MAX(begin, sound->done), to = MIN(end, sound->done + n);
        for (gint64 i = from; i < to; i++) {
            float gain = fade(i, begin, end);
            const float *sample = stereo + 2 * (i - sound->done);
            const float faded[2] = {sample[0] * gain, sample[1] * gain};
            if (!media_aac_push(sound->highlights.aac, faded, 1, keep_packet, &sound->highlights,
                                error))
                return FALSE;
        }
        if (end > sound->done + n)
            break;
        sound->piece++;
    }
    return TRUE;
}

static gboolean encode_all(MediaRenderSound *sound, GError **error)
{
    float stereo[2 * BLOCK_SAMPLES];
    gint64 all = media_plan_sample(sound->plan, sound->plan->frames);
    for (gint64 block = 1; sound->done < all; block++) {
        gint64 n = MIN(all - sound->done, BLOCK_SAMPLES);
        if (g_cancellable_set_error_if_cancelled(sound->render->cancellable, error) ||
            !read_mix(sound, stereo, (gsize)n, error) ||
            !media_aac_push(sound->program.aac, stereo, (gsize)n, keep_packet, &sound->program,
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

MediaRenderSound *media_render_sound_open(const MediaRender *render, const MediaPlan *plan,
                                          MediaOutput *program, MediaOutput *highlights,
                                          GError **error)
{
    g_autoptr(MediaRenderSound) sound = g_new0(MediaRenderSound, 1);
    int bitrate = render->settings->audio_bitrate;
    sound->render = render;
    sound->plan = plan;
    if (!open_track(&sound->program, program, bitrate, error))
        return NULL;
    if (highlights != NULL && !open_track(&sound->highlights, highlights, bitrate, error))
        return NULL;
    if (!encode_all(sound, error))
        return NULL;
    media_mix_close_recordings(render->mix);
    return g_steal_pointer(&sound);
}

/* ---- writing ---- */

/* How far the highlights are when the program is at this frame. */
static gint64 highlights_frame(const MediaPlan *plan, gint64 frame)
{
    gint64 reached = 0;
    for (guint i = 0; i < plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(plan, i);
        if (frame > piece->first)
            reached = piece->at + MIN(frame, piece->end) - piece->first;
    }
    return reached;
}

gboolean media_render_sound_write(MediaRenderSound *sound, gint64 frame, GError **error)
{
    const MediaPlan *plan = sound->plan;
    frame = MIN(frame, plan->frames);
    return write_track(&sound->program, media_plan_sample(plan, frame), error) &&
           write_track(&sound->highlights, media_plan_sample(plan, highlights_frame(plan, frame)),
                       error);
}

gboolean media_render_sound_finish(MediaRenderSound *sound, GError **error)
{
    return write_track(&sound->program, G_MAXINT64, error) &&
           write_track(&sound->highlights, G_MAXINT64, error);
}
