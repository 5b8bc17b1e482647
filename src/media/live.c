/* A program on its way to become one stream. What always holds: times of pictures rise, and lie close
 * to the clock that the caller gives; the first picture behind a slate or a jump is a keyframe; a
 * keyframe whose parameter sets are not those of the first brings its own, too. */
#include <media/live.h>

#include "live-avc-private.h"
#include "live-line-private.h"
#include "live-slate-private.h"
#include "live-sound-private.h"
#include "live-transcode-private.h"

#include <string.h>

#define STEP_US        1000    /* RTMP counts in milliseconds */
#define FRAME_US       33000   /* behind a slate the program goes on so much later */
#define EARLY_US       2000000 /* so much may a packet lie ahead of the clock, */
#define LATE_US        2800000 /* and so much behind it: else its clock has jumped, */
#define STEP_MOST_US   3000000 /* as it has where two pictures would lie so far apart */
#define TICK_US        100000
#define SOUND_LATE_US  1000000 /* sound that comes so late is waited for, */
#define SILENT_US      1500000 /* but not where none came for so long: */
#define SILENCE_LAG_US 150000  /* then silence follows the clock at this distance */
#define KEY_US         1900000 /* of a program that is encoded here */
#define KEY_MOST_US    2500000 /* of one that is not; what platforms ask for is 2 s */

enum { WIDTH_USUAL = 1280, HEIGHT_USUAL = 720, BITRATE_USUAL = 128000, RATE_USUAL = 30 };

typedef enum { SHOWN_NOTHING = 0, SHOWN_PROGRAM, SHOWN_SLATE } Shown;

struct MediaLive {
    char *name;
    MediaLiveEvents events;
    MediaLiveLine *line;
    MediaLiveSound *sound;
    gint64 made_us;
    /* clocks: a packet's time plus `shift_us`, and the caller's less `zero_us`, are the stream's */
    gint64 zero_us, shift_us;
    gboolean has_zero, has_shift;
    /* pictures */
    int width, height;
    ShowRate rate;
    GBytes *avcc;                  /* of the program's packets; NULL: none that is passed on */
    MediaLiveTranscode *transcode; /* NULL: they are passed on */
    MediaLiveSlate *slate;
    Shown shown;
    gboolean needs_key;
    gint64 last_us;       /* the stream's, of the newest picture */
    gint64 heard_us;      /* the caller's, when the program's newest picture came */
    gint64 key_us;        /* the stream's, of the program's newest keyframe; -1: none yet */
    gint64 slate_next_us; /* the caller's */
    GBytes *first_avcc, *said_avcc;
    gboolean is_mixed;
    /* sound */
    gint64 sound_heard_us, sound_now_us; /* when what is encoded now came */
    /* counts and warnings */
    gint64 slates, slate_us, newest_us;
    gboolean warned_keys, warned_order;
};

/* ---- life ---- */

static void take_sound(const AVPacket *packet, gint64 t_us, gpointer data);

static void announce_sound(MediaLive *live, gint64 now_us)
{
    AVCodecParameters *aac = media_live_sound_parameters(live->sound);
    MediaLiveFormat format = {
        .is_sound = TRUE, .description = aac->extradata, .length = (gsize)aac->extradata_size};
    media_live_line_format(live->line, &format, now_us);
    avcodec_parameters_free(&aac);
}

MediaLive *media_live_new(const MediaLiveOptions *options, const MediaLiveEvents *events,
                          gint64 now_us, GError **error)
{
    g_autoptr(MediaLive) live = g_new0(MediaLive, 1);
    MediaLiveSoundEvents sound_events = {take_sound, live};
    live->name = g_strdup(options->name);
    live->events = *events;
    live->line = media_live_line_new(options->delay_us, events);
    live->made_us = live->heard_us = now_us;
    live->width = WIDTH_USUAL;
    live->height = HEIGHT_USUAL;
    live->rate = (ShowRate){RATE_USUAL, 1};
    live->needs_key = TRUE;
    live->last_us = live->key_us = -1;
    live->sound = media_live_sound_new(
        options->audio_bitrate > 0 ? options->audio_bitrate : BITRATE_USUAL, &sound_events, error);
    if (live->sound == NULL)
        return NULL;
    announce_sound(live, now_us);
    return g_steal_pointer(&live);
}

void media_live_free(MediaLive *live)
{
    if (live == NULL)
        return;
    media_live_sound_free(live->sound);
    media_live_line_free(live->line);
    media_live_transcode_free(live->transcode);
    media_live_slate_free(live->slate);
    g_clear_pointer(&live->avcc, g_bytes_unref);
    g_clear_pointer(&live->first_avcc, g_bytes_unref);
    g_clear_pointer(&live->said_avcc, g_bytes_unref);
    g_free(live->name);
    g_free(live);
}

/* ---- clocks ---- */

static gint64 stream_now_us(MediaLive *live, gint64 now_us)
{
    if (!live->has_zero) {
        live->has_zero = TRUE;
        live->zero_us = now_us;
    }
    return now_us - live->zero_us;
}

static gboolean is_plausible(MediaLive *live, gint64 at_us, gint64 now_us)
{
    gint64 ahead_us = at_us - stream_now_us(live, now_us);
    return ahead_us <= EARLY_US && ahead_us >= -LATE_US;
}

static gint64 next_free_us(const MediaLive *live, gint64 at_us)
{
    return live->last_us < 0 ? MAX(at_us, 0) : MAX(at_us, live->last_us + STEP_US);
}

/* ---- pictures into the stream ---- */

/* A format has gone before whenever the parameter sets are others. */
static void announce_picture(MediaLive *live, GBytes *avcc, gint64 now_us)
{
    if (live->said_avcc != NULL && g_bytes_equal(live->said_avcc, avcc))
        return;
    g_clear_pointer(&live->said_avcc, g_bytes_unref);
    live->said_avcc = g_bytes_ref(avcc);
    if (live->first_avcc == NULL)
        live->first_avcc = g_bytes_ref(avcc);
    live->is_mixed |= !g_bytes_equal(live->first_avcc, avcc);
    MediaLiveFormat format = {.width = live->width, .height = live->height};
    format.description = g_bytes_get_data(avcc, &format.length);
    media_live_line_format(live->line, &format, now_us);
}

static void put_picture(MediaLive *live, const MediaLivePacket *packet, GBytes *avcc, gint64 now_us)
{
    g_autoptr(GBytes) sets = NULL;
    g_autoptr(GByteArray) whole = NULL;
    MediaLivePacket out = *packet;
    gsize length, sets_length = 0;
    if (packet->is_key) {
        announce_picture(live, avcc, now_us);
        const guint8 *bytes = g_bytes_get_data(avcc, &length);
        sets = live->is_mixed ? media_avcc_sets(bytes, length) : NULL;
    }
    if (sets != NULL) {
        const guint8 *bytes = g_bytes_get_data(sets, &sets_length);
        whole = g_byte_array_sized_new((guint)(sets_length + packet->length));
        g_byte_array_append(whole, bytes, (guint)sets_length);
        g_byte_array_append(whole, packet->bytes, (guint)packet->length);
        out.bytes = whole->data;
        out.length = whole->len;
    }
    live->last_us = out.t_us;
    media_live_line_put(live->line, &out, now_us);
}

/* ---- the slate ---- */

static gboolean begin_slate(MediaLive *live, gint64 now_us, GError **error)
{
    live->slate = media_live_slate_new(live->name, live->width, live->height, error);
    if (live->slate == NULL)
        return FALSE;
    live->shown = SHOWN_SLATE;
    live->needs_key = TRUE;
    live->slates++;
    live->slate_next_us = now_us;
    return TRUE;
}

static gboolean show_slate(MediaLive *live, gint64 now_us, GError **error)
{
    if (now_us < live->slate_next_us)
        return TRUE;
    gint64 t_us = next_free_us(live, stream_now_us(live, now_us));
    gboolean is_key = FALSE;
    g_autoptr(GBytes) bytes = media_live_slate_next(live->slate, t_us, &is_key, error);
    if (bytes == NULL)
        return FALSE;
    MediaLivePacket packet = {.is_key = is_key, .t_us = t_us};
    packet.bytes = g_bytes_get_data(bytes, &packet.length);
    put_picture(live, &packet, media_live_slate_avcc(live->slate), now_us);
    live->slate_us += MEDIA_SLATE_STEP_US;
    live->slate_next_us = MAX(live->slate_next_us + MEDIA_SLATE_STEP_US, now_us);
    return TRUE;
}

/* ---- the program ---- */

static void warn(MediaLive *live, gboolean *was_said, const char *text)
{
    if (!*was_said)
        live->events.warning(text, live->events.data);
    *was_said = TRUE;
}

/* Where the program goes on from this keyframe: now, or behind what is in the stream. */
static void set_shift(MediaLive *live, gint64 t_us, gint64 now_us)
{
    gint64 at_us = stream_now_us(live, now_us);
    if (live->last_us >= 0)
        at_us = MAX(at_us, live->last_us + FRAME_US);
    live->shift_us = at_us - t_us;
    live->has_shift = TRUE;
    live->key_us = -1;
    live->newest_us = t_us;
}

static void watch(MediaLive *live, const MediaLivePacket *packet, gint64 at_us)
{
    if (packet->t_us < live->newest_us && at_us > 0 && live->shown == SHOWN_PROGRAM)
        warn(live, &live->warned_order,
             "the program's pictures do not come in their order: platforms take no B-frames");
    live->newest_us = packet->t_us;
    if (!packet->is_key || live->transcode != NULL)
        return;
    if (live->key_us >= 0 && at_us - live->key_us > KEY_MOST_US)
        warn(live, &live->warned_keys,
             "the program's keyframes lie more than 2 s apart: platforms ask for one every 2 s");
    live->key_us = at_us;
}

/* A picture that was late and one that is early are each near the clock, and not to each other. */
static gboolean is_next(MediaLive *live, gint64 at_us, gint64 now_us)
{
    return is_plausible(live, at_us, now_us) && at_us - live->last_us <= STEP_MOST_US;
}

/* The stream's time of a picture of the program; -1: it cannot be shown. */
static gint64 place(MediaLive *live, const MediaLivePacket *packet, gint64 now_us)
{
    gboolean jumps = live->shown != SHOWN_PROGRAM || !live->has_shift ||
                     !is_next(live, packet->t_us + live->shift_us, now_us);
    live->needs_key |= jumps;
    if (live->needs_key && !packet->is_key)
        return -1;
    if (jumps) {
        g_clear_pointer(&live->slate, media_live_slate_free);
        set_shift(live, packet->t_us, now_us);
    }
    live->needs_key = FALSE;
    gint64 at_us = next_free_us(live, packet->t_us + live->shift_us);
    watch(live, packet, at_us);
    live->shown = SHOWN_PROGRAM;
    live->heard_us = now_us;
    return at_us;
}

static gboolean pass_on(MediaLive *live, const MediaLivePacket *packet, gint64 now_us)
{
    gint64 at_us = live->avcc != NULL ? place(live, packet, now_us) : -1;
    if (at_us < 0)
        return TRUE;
    MediaLivePacket out = *packet;
    out.t_us = at_us;
    put_picture(live, &out, live->avcc, now_us);
    return TRUE;
}

static gboolean transcode(MediaLive *live, const MediaLivePacket *packet, gint64 now_us,
                          GError **error)
{
    g_autoptr(GError) wrong = NULL;
    gboolean was_program = live->shown == SHOWN_PROGRAM && live->has_shift;
    gint64 at_us = place(live, packet, now_us);
    if (at_us < 0)
        return TRUE;
    gboolean is_key = !was_program || live->key_us < 0 || at_us - live->key_us >= KEY_US;
    g_autoptr(GBytes) bytes = media_live_transcode_push(live->transcode, packet->bytes,
                                                        packet->length, at_us, is_key, &wrong);
    if (bytes == NULL) {
        live->needs_key = TRUE; /* it could not be decoded */
        live->key_us = -1;
        gboolean is_lost = wrong != NULL;
        if (is_lost)
            g_propagate_error(error, g_steal_pointer(&wrong));
        return !is_lost;
    }
    live->key_us = is_key ? at_us : live->key_us;
    MediaLivePacket out = {.is_key = is_key, .t_us = at_us};
    out.bytes = g_bytes_get_data(bytes, &out.length);
    put_picture(live, &out, media_live_transcode_avcc(live->transcode), now_us);
    return TRUE;
}

/* ---- formats ---- */

static gboolean refuse(GError **error, const char *what, const char *codec)
{
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA, "the program's %s, %s, cannot go live",
                what, codec);
    return FALSE;
}

static gboolean set_size(MediaLive *live, const MediaLiveInput *input)
{
    if (input->width < 16 || input->height < 16 || input->width > MEDIA_SIDE_MAX ||
        input->height > MEDIA_SIDE_MAX)
        return FALSE;
    live->width = input->width & ~1;
    live->height = input->height & ~1;
    if (input->rate >= 1 && input->rate <= 240)
        live->rate = (ShowRate){(int)(input->rate * 1000 + 0.5), 1000};
    return TRUE;
}

static gboolean set_avc(MediaLive *live, const MediaLiveInput *input, GError **error)
{
    g_autoptr(GBytes) sets = media_avcc_sets(input->description, input->length);
    if (sets == NULL)
        return refuse(error, "H.264 without a whole avcC", input->codec);
    g_autoptr(GBytes) avcc = g_bytes_new(input->description, input->length);
    g_clear_pointer(&live->transcode, media_live_transcode_free);
    if (live->avcc != NULL && g_bytes_equal(live->avcc, avcc))
        return TRUE;
    g_clear_pointer(&live->avcc, g_bytes_unref);
    live->avcc = g_steal_pointer(&avcc);
    live->needs_key = TRUE; /* and it comes: a configuration stands before a keyframe */
    return TRUE;
}

static gboolean set_vp(MediaLive *live, const MediaLiveInput *input, GError **error)
{
    gboolean is_vp9 = g_str_has_prefix(input->codec, "vp09") || strcmp(input->codec, "vp9") == 0;
    g_clear_pointer(&live->avcc, g_bytes_unref);
    if (live->transcode != NULL)
        return TRUE;
    live->transcode =
        media_live_transcode_new(is_vp9, live->width, live->height, live->rate, error);
    if (live->transcode != NULL)
        live->events.warning("the program is no H.264: it is encoded again for this stream, which "
                             "costs a core",
                             live->events.data);
    return live->transcode != NULL;
}

gboolean media_live_format(MediaLive *live, gboolean is_sound, const MediaLiveInput *input,
                           GError **error)
{
    const char *codec = input->codec;
    if (is_sound)
        return strcmp(codec, "opus") != 0
                   ? refuse(error, "sound", codec)
                   : media_live_sound_format(live->sound, input->description, input->length, error);
    if (!set_size(live, input))
        return refuse(error, "size", codec);
    if (g_str_has_prefix(codec, "avc1.") || g_str_has_prefix(codec, "avc3."))
        return set_avc(live, input, error);
    if (g_str_has_prefix(codec, "vp8") || g_str_has_prefix(codec, "vp08") ||
        g_str_has_prefix(codec, "vp9") || g_str_has_prefix(codec, "vp09"))
        return set_vp(live, input, error);
    return refuse(error, "picture", codec);
}

/* ---- sound ---- */

static void take_sound(const AVPacket *packet, gint64 t_us, gpointer data)
{
    MediaLive *live = data;
    MediaLivePacket out = {.is_sound = TRUE,
                           .is_key = TRUE,
                           .t_us = t_us,
                           .bytes = packet->data,
                           .length = (gsize)packet->size};
    media_live_line_put(live->line, &out, live->sound_now_us);
}

static gboolean push_sound(MediaLive *live, const MediaLivePacket *packet, gint64 now_us,
                           GError **error)
{
    gint64 at_us = packet->t_us + live->shift_us;
    if (!live->has_shift || !is_plausible(live, at_us, now_us))
        return TRUE;
    live->sound_heard_us = live->sound_now_us = now_us;
    return media_live_sound_push(live->sound, at_us, packet->bytes, packet->length, error);
}

static gboolean fill_sound(MediaLive *live, gint64 now_us, GError **error)
{
    if (!live->has_zero)
        return TRUE;
    gboolean is_silent = live->sound_heard_us == 0 || now_us - live->sound_heard_us > SILENT_US;
    gint64 lag_us = is_silent ? SILENCE_LAG_US : SOUND_LATE_US;
    live->sound_now_us = now_us;
    return media_live_sound_fill(live->sound, stream_now_us(live, now_us) - lag_us, error);
}

/* ---- public ---- */

gboolean media_live_push(MediaLive *live, const MediaLivePacket *packet, gint64 now_us,
                         GError **error)
{
    if (packet->is_sound)
        return push_sound(live, packet, now_us, error);
    return live->transcode != NULL ? transcode(live, packet, now_us, error)
                                   : pass_on(live, packet, now_us);
}

gboolean media_live_advance(MediaLive *live, gint64 now_us, gint64 *next_us, GError **error)
{
    gboolean is_missing = now_us - live->heard_us >= MEDIA_LIVE_SLATE_AFTER_US;
    if (is_missing && live->shown != SHOWN_SLATE && !begin_slate(live, now_us, error))
        return FALSE;
    if (live->shown == SHOWN_SLATE && !show_slate(live, now_us, error))
        return FALSE;
    if (!fill_sound(live, now_us, error))
        return FALSE;
    *next_us = MIN(media_live_line_advance(live->line, now_us), now_us + TICK_US);
    return TRUE;
}

MediaLiveCounts media_live_counts(const MediaLive *live)
{
    return (MediaLiveCounts){
        .frames = media_live_line_frames(live->line),
        .slates = live->slates,
        .slate_us = live->slate_us,
        .is_slate = live->shown == SHOWN_SLATE,
        .is_transcoded = live->transcode != NULL,
    };
}
