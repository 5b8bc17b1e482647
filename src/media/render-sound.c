#include "render-sound-private.h"

#include "copy-private.h"
#include "encode-private.h"

#include <math.h>
#include <media/recorded.h>
#include <media/sound.h>
#include <string.h>

enum {
    BLOCK_SAMPLES = 1024,
    CHANNELS = 2,
    FADE_SAMPLES = 480, /* 10 ms: where pieces meet nothing clicks */
    TELL_BLOCKS = 938,  /* progress every 20 s */
    PREROLL_MS = 80,
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

/* is_mix: it is the same left and right, and pushed as one channel. */
static gboolean open_track(Track *track, MediaOutput *output, const MediaRender *render,
                           gboolean is_mix, gboolean quick, GError **error)
{
    int bitrate = render->settings->audio_bitrate;
    track->aac = is_mix ? media_aac_open_twin(bitrate, quick, error)
                        : media_aac_open(CHANNELS, bitrate, quick, error);
    if (track->aac == NULL)
        return FALSE;
    track->output = output;
    AVCodecParameters *codec = media_aac_parameters(track->aac);
    track->stream =
        media_output_add(output, codec, (AVRational){1, MEDIA_SOUND_HZ}, (ShowRate){0, 0});
    avcodec_parameters_free(&codec);
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
static gboolean read_mix(MediaMix *mix, float *mono, gsize n, GError **error)
{
    float stereo[CHANNELS * BLOCK_SAMPLES];
    gsize have = 0;
    while (have < n) {
        gssize got = media_mix_read(mix, stereo, MIN(n - have, BLOCK_SAMPLES), error);
        if (got < 0)
            return FALSE;
        if (got == 0)
            break;
        for (gssize i = 0; i < got; i++)
            mono[have++] = stereo[CHANNELS * i];
    }
    while (have < n)
        mono[have++] = 0;
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

static gboolean push_pieces(Sound *sound, const float *mono, gint64 n, GError **error)
{
    while (sound->piece < sound->plan->pieces->len) {
        gint64 begin, end;
        piece_samples(sound->plan, media_plan_piece(sound->plan, sound->piece), &begin, &end);
        gint64 from = MAX(begin, sound->done), to = MIN(end, sound->done + n);
        for (gint64 i = from; i < to; i++) {
            const float faded = mono[i - sound->done] * fade(i, begin, end);
            if (!media_aac_push(sound->highlights.aac, &faded, 1, write_packet, &sound->highlights,
                                error))
                return FALSE;
        }
        if (end > sound->done + n)
            break;
        sound->piece++;
    }
    return TRUE;
}

static void hear(MediaWaveform *waveform, const float *mono, gsize n)
{
    float stereo[CHANNELS * BLOCK_SAMPLES];
    for (gsize i = 0; i < n; i++)
        stereo[CHANNELS * i] = stereo[CHANNELS * i + 1] = mono[i];
    media_waveform_add(waveform, stereo, n);
}

static gboolean encode_all(Sound *sound, GError **error)
{
    float mono[BLOCK_SAMPLES];
    gint64 all = media_plan_sample(sound->plan, sound->plan->frames);
    for (gint64 block = 1; sound->done < all; block++) {
        gint64 n = MIN(all - sound->done, BLOCK_SAMPLES);
        if (g_cancellable_set_error_if_cancelled(sound->render->cancellable, error) ||
            !read_mix(sound->render->mix, mono, (gsize)n, error) ||
            !media_aac_push(sound->program.aac, mono, (gsize)n, write_packet, &sound->program,
                            error))
            return FALSE;
        hear(sound->render->waveform, mono, (gsize)n);
        if (sound->highlights.output != NULL && !push_pieces(sound, mono, n, error))
            return FALSE;
        sound->done += n;
        if (block % TELL_BLOCKS == 0)
            media_progress_tell(sound->render->progress, "sound",
                                (double)sound->done / MEDIA_SOUND_HZ, (double)all / MEDIA_SOUND_HZ);
    }
    return finish_track(&sound->program, error) && finish_track(&sound->highlights, error);
}

/* ---- copying ---- */

/* In samples of the program: a decoder of Opus is right after 80 ms (RFC 7845, 4.6); what comes
 * before the program's first picture is not heard (an edit list hides it). */
static gboolean is_wanted(const AVPacket *packet, gint64 hz, gint64 end)
{
    return packet->pts + packet->duration > -hz * PREROLL_MS / 1000 && packet->pts < end;
}

static gboolean copy_program(const MediaRender *render, const MediaPlan *plan, MediaCopy *copy,
                             MediaOutput *program, GError **error)
{
    AVRational base = media_copy_time_base(copy);
    int stream =
        media_output_add(program, media_copy_stream(copy)->codecpar, base, (ShowRate){0, 0});
    gint64 start = llround(render->sound_start_s * base.den);
    gint64 end =
        av_rescale_q(media_plan_sample(plan, plan->frames), (AVRational){1, MEDIA_SOUND_HZ}, base);
    g_autoptr(AVPacket) packet = av_packet_alloc();
    while (media_copy_read(copy, packet)) {
        packet->pts -= start;
        packet->dts -= start;
        if (g_cancellable_set_error_if_cancelled(render->cancellable, error))
            return FALSE;
        if (!is_wanted(packet, base.den, end))
            av_packet_unref(packet);
        else if (!media_output_write(program, stream, packet, error))
            return FALSE;
    }
    return TRUE;
}

/* One piece's samples, n of them a time, from where it begins. */
typedef gboolean (*ReadPiece)(gpointer source, float *samples, gsize n, GError **error);

static gboolean read_recording(gpointer source, float *stereo, gsize n, GError **error)
{
    gssize got = media_sound_read(source, stereo, n, error);
    if (got < 0)
        return FALSE;
    memset(stereo + CHANNELS * (gsize)got, 0, CHANNELS * (n - (gsize)got) * sizeof *stereo);
    return TRUE;
}

static gboolean read_part(gpointer source, float *mono, gsize n, GError **error)
{
    return read_mix(source, mono, n, error);
}

static gboolean encode_piece(Sound *sound, const MediaPlanPiece *piece, gsize channels,
                             ReadPiece read, gpointer source, GError **error)
{
    float samples[CHANNELS * BLOCK_SAMPLES];
    gint64 begin, end;
    piece_samples(sound->plan, piece, &begin, &end);
    for (gint64 at = begin; at < end;) {
        gint64 n = MIN(end - at, BLOCK_SAMPLES);
        if (g_cancellable_set_error_if_cancelled(sound->render->cancellable, error) ||
            !read(source, samples, (gsize)n, error))
            return FALSE;
        for (gint64 i = 0; i < n; i++)
            for (gsize channel = 0; channel < channels; channel++)
                samples[channels * (gsize)i + channel] *= fade(at + i, begin, end);
        if (!media_aac_push(sound->highlights.aac, samples, (gsize)n, write_packet,
                            &sound->highlights, error))
            return FALSE;
        at += n;
    }
    return TRUE;
}

/* As it was recorded. */
static gboolean encode_recorded(Sound *sound, MediaSound *recording, const MediaPlanPiece *piece,
                                GError **error)
{
    gint64 begin, end;
    piece_samples(sound->plan, piece, &begin, &end);
    gint64 start = llround(sound->render->sound_start_s * MEDIA_SOUND_HZ);
    return media_sound_seek(recording, MAX(0, start + begin), error) &&
           encode_piece(sound, piece, CHANNELS, read_recording, recording, error);
}

/* At the loudness that the program has. */
static gboolean encode_mixed(Sound *sound, const MediaPlanPiece *piece, GError **error)
{
    const MediaRender *render = sound->render;
    const MediaMixSource source = {.path = render->sound->path, .frames = -1};
    gint64 begin, end;
    piece_samples(sound->plan, piece, &begin, &end);
    g_autoptr(MediaMix) mix = media_mix_new(
        &source, 1, NULL, render->sound_mix, render->sound_start_s + (double)begin / MEDIA_SOUND_HZ,
        (double)(end - begin) / MEDIA_SOUND_HZ, NULL, render->cancellable, error);
    return mix != NULL && encode_piece(sound, piece, 1, read_part, mix, error);
}

/* Packets do not begin where pieces do: their sound is encoded, which is little. */
static gboolean encode_pieces(Sound *sound, MediaOutput *highlights, GError **error)
{
    const MediaRender *render = sound->render;
    gboolean is_mixed = render->sound_mix != NULL;
    g_autoptr(MediaSound) recording =
        is_mixed ? NULL : media_sound_open(render->sound->path, CHANNELS, error);
    if ((!is_mixed && recording == NULL) ||
        !open_track(&sound->highlights, highlights, render, is_mixed, TRUE, error))
        return FALSE;
    for (guint i = 0; i < sound->plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(sound->plan, i);
        if (!(is_mixed ? encode_mixed(sound, piece, error)
                       : encode_recorded(sound, recording, piece, error)))
            return FALSE;
    }
    return finish_track(&sound->highlights, error);
}

gboolean media_pieces_sound(const MediaRender *render, const MediaPlan *plan,
                            MediaOutput *highlights, GError **error)
{
    g_auto(Sound) sound = {.render = render, .plan = plan};
    return encode_pieces(&sound, highlights, error);
}

gboolean media_copy_sound(const MediaRender *render, const MediaPlan *plan, MediaOutput *program,
                          MediaOutput *highlights, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(MediaCopy) copy = media_copy_open(render->sound, MEDIA_COPY_ANY_SOUND, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_assert(copy != NULL);
    return copy_program(render, plan, copy, program, error) &&
           (highlights == NULL || media_pieces_sound(render, plan, highlights, error));
}

gboolean media_sound_can_copy(const MediaInfo *info)
{
    g_autoptr(MediaCopy) copy = media_copy_open(info, MEDIA_COPY_ANY_SOUND, NULL);
    return copy != NULL;
}

gboolean media_render_sound(const MediaRender *render, const MediaPlan *plan, MediaOutput *program,
                            MediaOutput *highlights, gboolean quick, GError **error)
{
    g_auto(Sound) sound = {.render = render, .plan = plan};
    if (!open_track(&sound.program, program, render, TRUE, quick, error) ||
        (highlights != NULL &&
         !open_track(&sound.highlights, highlights, render, TRUE, quick, error)) ||
        !encode_all(&sound, error))
        return FALSE;
    media_mix_close_recordings(render->mix);
    return TRUE;
}
