/* The sound of a stream, from Opus to AAC and back: what was alike left and right and what was not come
 * out as they went in, and one becomes the other without a gap. */
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <math.h>
#include <media/live.h>
#include <string.h>

#define SECOND G_GINT64_CONSTANT(1000000)

enum {
    HZ = 48000,
    CHANNELS = 2,
    STEP = 960, /* of Opus: 20 ms */
    STEP_US = 20000,
    SECONDS = 12,
    SAMPLES = SECONDS * HZ,
    LOST_MOST = HZ / 2, /* at the end: what waits inside */
};

typedef struct Sound {
    GArray *samples; /* float, interleaved, from the stream's zero */
    AVCodecContext *decoder;
    gint64 packets;
    guint formats;
} Sound;

static AVCodecContext *open_codec(const AVCodec *codec, const guint8 *extra, gsize length)
{
    AVCodecContext *context = avcodec_alloc_context3(codec);
    context->sample_rate = HZ;
    context->sample_fmt = av_codec_is_encoder(codec) ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_NONE;
    context->bit_rate = 160000;
    context->time_base = (AVRational){1, HZ};
    av_channel_layout_default(&context->ch_layout, CHANNELS);
    if (length > 0) {
        context->extradata = av_mallocz(length + AV_INPUT_BUFFER_PADDING_SIZE);
        memcpy(context->extradata, extra, length);
        context->extradata_size = (int)length;
    }
    g_assert_cmpint(avcodec_open2(context, codec, NULL), ==, 0);
    return context;
}

static void append(GArray *samples, const AVFrame *frame)
{
    for (int i = 0; i < frame->nb_samples; i++)
        for (int c = 0; c < CHANNELS; c++)
            g_array_append_val(samples, ((const float *)(const void *)frame->data[c])[i]);
}

static void decode(AVCodecContext *decoder, const guint8 *bytes, gsize length, GArray *samples)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    g_assert_cmpint(av_new_packet(packet, (int)length), ==, 0);
    memcpy(packet->data, bytes, length);
    g_assert_cmpint(avcodec_send_packet(decoder, packet), ==, 0);
    while (avcodec_receive_frame(decoder, frame) == 0)
        append(samples, frame);
    av_packet_free(&packet);
    av_frame_free(&frame);
}

/* ---- what goes in: Opus, and what its decoder makes of it ---- */

/* Something like a voice: tones over 120 Hz that sway, each channel its own where they differ. */
static float voice(int at, int channel)
{
    double t = (double)at / HZ, sum = 0;
    for (int k = 1; k <= 20; k++)
        sum += sin(2 * G_PI * k * (120 + 37 * channel) * t + k * sin(5 * t)) / k;
    return (float)(0.1 * sum * (0.6 + 0.4 * sin(2 * G_PI * 3 * t)));
}

/* Left and right differ in this second. */
static gboolean is_wide(int second)
{
    return second == 3 || second == 4;
}

static GPtrArray *make_opus(GArray *truth, GBytes **head)
{
    GPtrArray *packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    AVCodecContext *encoder = open_codec(avcodec_find_encoder_by_name("libopus"), NULL, 0);
    AVCodecContext *decoder = open_codec(avcodec_find_decoder(AV_CODEC_ID_OPUS), encoder->extradata,
                                         (gsize)encoder->extradata_size);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    *head = g_bytes_new(encoder->extradata, (gsize)encoder->extradata_size);
    frame->nb_samples = STEP;
    frame->format = AV_SAMPLE_FMT_FLT;
    frame->sample_rate = HZ;
    av_channel_layout_default(&frame->ch_layout, CHANNELS);
    g_assert_cmpint(av_frame_get_buffer(frame, 0), ==, 0);
    for (int at = 0; at < SAMPLES; at += STEP) {
        g_assert_cmpint(av_frame_make_writable(frame), ==, 0);
        float *samples = (float *)(void *)frame->data[0];
        for (int i = 0; i < STEP; i++)
            for (int c = 0; c < CHANNELS; c++)
                samples[CHANNELS * i + c] = voice(at + i, is_wide((at + i) / HZ) ? c : 0);
        frame->pts = at;
        g_assert_cmpint(avcodec_send_frame(encoder, frame), ==, 0);
        while (avcodec_receive_packet(encoder, packet) == 0) {
            g_ptr_array_add(packets, g_bytes_new(packet->data, (gsize)packet->size));
            decode(decoder, packet->data, (gsize)packet->size, truth);
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    avcodec_free_context(&decoder);
    return packets;
}

/* ---- what comes out ---- */

static void on_format(const MediaLiveFormat *format, gpointer data)
{
    Sound *sound = data;
    if (!format->is_sound)
        return;
    sound->formats++;
    sound->decoder =
        open_codec(avcodec_find_decoder(AV_CODEC_ID_AAC), format->description, format->length);
}

static void on_packet(const MediaLivePacket *packet, gpointer data)
{
    Sound *sound = data;
    if (!packet->is_sound)
        return;
    gint64 due_us = sound->packets++ * 1024 * SECOND / HZ;
    g_assert_cmpint(ABS(packet->t_us - due_us), <=, 1);
    decode(sound->decoder, packet->bytes, packet->length, sound->samples);
}

static void on_warning(const char *text, gpointer data)
{
    (void)data;
    g_test_message("%s", text);
}

static void push(MediaLive *live, gboolean is_sound, gint64 t_us, const guint8 *bytes, gsize length)
{
    MediaLivePacket packet = {
        .is_sound = is_sound, .is_key = TRUE, .t_us = t_us, .bytes = bytes, .length = length};
    gint64 next_us;
    g_assert_true(media_live_push(live, &packet, t_us, NULL));
    g_assert_true(media_live_advance(live, t_us, &next_us, NULL));
}

static void configure(MediaLive *live, GBytes *head)
{
    static const guint8 avcc[] = {1,    0x42, 0xc0, 0x1e, 0xff, 0xe1, 0,    5,    0x67, 0x42,
                                  0xc0, 0x1e, 1,    1,    0,    3,    0x68, 0xce, 1};
    MediaLiveInput picture = {.codec = "avc1.42c01e",
                              .width = 320,
                              .height = 180,
                              .rate = 50,
                              .description = avcc,
                              .length = sizeof avcc};
    MediaLiveInput opus = {.codec = "opus"};
    opus.description = g_bytes_get_data(head, &opus.length);
    g_assert_true(media_live_format(live, FALSE, &picture, NULL));
    g_assert_true(media_live_format(live, TRUE, &opus, NULL));
}

/* Of one channel, over a span: how far the noise lies below what went in, dB. */
static double below_db(const GArray *in, const GArray *out, int channel, int from, int until)
{
    double power = 0, noise = 0;
    for (int i = from; i < until; i++) {
        double a = g_array_index(in, float, CHANNELS *i + channel);
        double b = g_array_index(out, float, CHANNELS *i + channel);
        power += a * a;
        noise += (a - b) * (a - b);
    }
    return 10 * log10(power / (noise + 1e-20));
}

static gboolean is_same_left_and_right(const GArray *samples, int second)
{
    for (int i = second * HZ; i < (second + 1) * HZ; i++)
        if (g_array_index(samples, float, CHANNELS *i) !=
            g_array_index(samples, float, CHANNELS *i + 1))
            return FALSE;
    return TRUE;
}

static void test_alike_and_wide(void)
{
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GArray) truth = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GPtrArray) packets = make_opus(truth, &head);
    Sound sound = {.samples = g_array_new(FALSE, FALSE, sizeof(float))};
    MediaLiveEvents events = {on_format, on_packet, on_warning, &sound};
    MediaLiveOptions options = {.name = "Sound"};
    g_autoptr(MediaLive) live = media_live_new(&options, &events, 0, NULL);
    static const guint8 picture[] = {0, 0, 0, 1, 0x65};

    configure(live, head);
    for (guint i = 0; i < packets->len; i++) {
        gsize length;
        const guint8 *bytes = g_bytes_get_data(g_ptr_array_index(packets, i), &length);
        push(live, FALSE, (gint64)i * STEP_US, picture, sizeof picture);
        push(live, TRUE, (gint64)i * STEP_US, bytes, length);
    }
    g_assert_cmpuint(sound.formats, ==, 1);
    g_assert_cmpuint(sound.samples->len, >=, CHANNELS * (SAMPLES - LOST_MOST));
    for (int second = 0; second < SECONDS - 1; second++) {
        double worst = 1000;
        /* by tenths, so that a click where encoders change is no small part of what is measured */
        for (int tenth = second * 10; tenth < second * 10 + 10; tenth++)
            for (int c = 0; c < CHANNELS && tenth > 0; c++)
                worst = MIN(worst, below_db(truth, sound.samples, c, tenth * HZ / 10,
                                            (tenth + 1) * HZ / 10));
        g_test_message("second %d: %.1f dB, %s", second, worst,
                       is_same_left_and_right(sound.samples, second) ? "alike" : "wide");
        /* libavcodec spends its bits on two unlike channels sparely; Opus smears over a second's edge */
        gboolean may_differ = is_wide(second) || is_wide(second - 1);
        g_assert_cmpfloat(worst, >, may_differ ? 12 : 25);
    }
    /* one encoder for both, before, and again some time after */
    g_assert_true(is_same_left_and_right(sound.samples, 1));
    g_assert_false(is_same_left_and_right(sound.samples, 3));
    g_assert_false(is_same_left_and_right(sound.samples, 4));
    g_assert_true(is_same_left_and_right(sound.samples, 9));
    avcodec_free_context(&sound.decoder);
    g_array_unref(sound.samples);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live-sound/alike-and-wide", test_alike_and_wide);
    return g_test_run();
}
