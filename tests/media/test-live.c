/* A program becomes one stream, under a clock that the test turns: its times never stop or jump. */
#include <media/live.h>

#include <string.h>

#define SECOND G_GINT64_CONSTANT(1000000)
#define FRAME  (SECOND / 25)

/* avcC of two parameter sets; `n` makes it another one. */
static GByteArray *avcc_of(guint8 n)
{
    const guint8 bytes[] = {1,    0x42, 0xc0, 0x1e, 0xff, 0xe1, 0,    5,    0x67, 0x42,
                            0xc0, 0x1e, n,    1,    0,    3,    0x68, 0xce, n};
    GByteArray *avcc = g_byte_array_new();
    g_byte_array_append(avcc, bytes, sizeof bytes);
    return avcc;
}

static const guint8 opus_head[] = {'O', 'p', 'u',  's',  'H', 'e', 'a', 'd', 1, 2,
                                   56,  1,   0x80, 0xbb, 0,   0,   0,   0,   0};
static const guint8 opus_silence[] = {0xfc, 0xff, 0xfe}; /* 20 ms, stereo */

typedef struct Out {
    gint64 t_us, at_us; /* of the stream; when it was given out */
    gboolean is_sound, is_key;
    guint8 first;
    gsize length;
} Out;

typedef struct Studio {
    MediaLive *live;
    gint64 now_us, begun_us;
    GArray *out;      /* Out */
    GString *formats; /* "p" a picture's, "s" a sound's, in order, "." a packet's place */
    guint warnings;
} Studio;

static void on_format(const MediaLiveFormat *format, gpointer data)
{
    Studio *studio = data;
    g_assert_true(format->length > 0);
    g_string_append_c(studio->formats, format->is_sound ? 's' : 'p');
}

static void on_packet(const MediaLivePacket *packet, gpointer data)
{
    Studio *studio = data;
    Out out = {packet->t_us,     studio->now_us - studio->begun_us,
               packet->is_sound, packet->is_key,
               packet->bytes[0], packet->length};
    g_array_append_val(studio->out, out);
}

static void on_warning(const char *text, gpointer data)
{
    g_test_message("%s", text);
    ((Studio *)data)->warnings++;
}

static Studio *studio_new(gint64 delay_us)
{
    Studio *studio = g_new0(Studio, 1);
    MediaLiveOptions options = {.name = "Ein Test – № 1", .delay_us = delay_us};
    MediaLiveEvents events = {on_format, on_packet, on_warning, studio};
    studio->now_us = studio->begun_us = 7 * SECOND;
    studio->out = g_array_new(FALSE, FALSE, sizeof(Out));
    studio->formats = g_string_new(NULL);
    studio->live = media_live_new(&options, &events, studio->now_us, NULL);
    g_assert_nonnull(studio->live);
    return studio;
}

static void studio_free(Studio *studio)
{
    media_live_free(studio->live);
    g_array_unref(studio->out);
    g_string_free(studio->formats, TRUE);
    g_free(studio);
}

static gboolean give_format(Studio *studio, gboolean is_sound, const char *codec,
                            const guint8 *description, gsize length)
{
    MediaLiveInput input = {.codec = codec,
                            .width = 320,
                            .height = 180,
                            .rate = 25,
                            .description = description,
                            .length = length};
    return media_live_format(studio->live, is_sound, &input, NULL);
}

static void configure(Studio *studio, guint8 n)
{
    g_autoptr(GByteArray) avcc = avcc_of(n);
    g_assert_true(give_format(studio, FALSE, "avc1.42c01e", avcc->data, avcc->len));
    g_assert_true(give_format(studio, TRUE, "opus", opus_head, sizeof opus_head));
}

static void push(Studio *studio, gboolean is_sound, gint64 t_us, gboolean is_key)
{
    const guint8 picture[] = {0, 0, 0, 1, is_key ? 0x65 : 0x41};
    MediaLivePacket packet = {.is_sound = is_sound,
                              .is_key = is_key,
                              .t_us = t_us,
                              .bytes = is_sound ? opus_silence : picture,
                              .length = is_sound ? sizeof opus_silence : sizeof picture};
    g_assert_true(media_live_push(studio->live, &packet, studio->now_us, NULL));
}

static void pass(Studio *studio, gint64 us)
{
    gint64 next_us;
    studio->now_us += us;
    g_assert_true(media_live_advance(studio->live, studio->now_us, &next_us, NULL));
    g_assert_cmpint(next_us, >, studio->now_us);
}

/* So many frames of the program, in real time, from this time on the session clock; a keyframe a
 * second. */
static gint64 run_program(Studio *studio, gint64 t_us, int frames)
{
    for (int i = 0; i < frames; i++, t_us += FRAME) {
        push(studio, FALSE, t_us, i % 25 == 0);
        push(studio, TRUE, t_us, TRUE);
        push(studio, TRUE, t_us + FRAME / 2, TRUE);
        pass(studio, FRAME);
    }
    return t_us;
}

static void run_silence(Studio *studio, gint64 us)
{
    for (; us > 0; us -= FRAME)
        pass(studio, FRAME);
}

/* What of one kind was given out from `at_us` on: how many, and the largest step between their
 * times. */
static guint look(const Studio *studio, gboolean is_sound, gint64 from_us, gint64 *most_us)
{
    guint count = 0;
    gint64 last_us = -1;
    *most_us = 0;
    for (guint i = 0; i < studio->out->len; i++) {
        const Out *out = &g_array_index(studio->out, Out, i);
        if (out->is_sound != is_sound)
            continue;
        g_assert_cmpint(out->t_us, >, last_us);
        if (last_us >= 0 && out->at_us >= from_us)
            *most_us = MAX(*most_us, out->t_us - last_us);
        last_us = out->t_us;
        count += out->at_us >= from_us;
    }
    return count;
}

static void test_a_program_is_passed_on_as_it_came(void)
{
    gint64 most_us;
    Studio *studio = studio_new(0);
    configure(studio, 0);
    run_program(studio, 90 * SECOND, 100);
    run_silence(studio, SECOND / 2);
    g_assert_cmpuint(look(studio, FALSE, 0, &most_us), ==, 100);
    g_assert_cmpint(most_us, ==, FRAME);
    look(studio, TRUE, 0, &most_us);
    g_assert_cmpint(most_us, <=, 22000);
    const Out *first = &g_array_index(studio->out, Out, 0);
    g_assert_true(first->t_us == 0 && first->is_key && !first->is_sound);
    g_assert_cmpuint(first->length, ==, 5);
    g_assert_cmpuint(studio->warnings, ==, 0);
    g_assert_cmpint(media_live_counts(studio->live).slates, ==, 0);
    studio_free(studio);
}

static void test_what_waits_for_its_keyframe_is_not_shown(void)
{
    gint64 most_us;
    Studio *studio = studio_new(0);
    configure(studio, 0);
    for (int i = 0; i < 10; i++) {
        push(studio, FALSE, i * FRAME, FALSE);
        pass(studio, FRAME);
    }
    g_assert_cmpuint(look(studio, FALSE, 0, &most_us), ==, 0);
    run_program(studio, 10 * FRAME, 30);
    run_silence(studio, SECOND / 2);
    g_assert_cmpuint(look(studio, FALSE, 0, &most_us), ==, 30);
    studio_free(studio);
}

static void test_a_slate_stands_in_after_two_seconds(void)
{
    gint64 most_us;
    Studio *studio = studio_new(0);
    configure(studio, 0);
    gint64 t_us = run_program(studio, 0, 50);
    gint64 quiet_us = studio->now_us - studio->begun_us;
    run_silence(studio, 19 * SECOND / 10);
    g_assert_false(media_live_counts(studio->live).is_slate);
    run_silence(studio, 21 * SECOND / 10);
    g_assert_true(media_live_counts(studio->live).is_slate);
    guint slates = look(studio, FALSE, quiet_us + SECOND, &most_us);
    g_assert_cmpuint(slates, >=, 15);
    /* Deltas of the program do not end it, its keyframe does. */
    push(studio, FALSE, t_us + 4 * SECOND, FALSE);
    pass(studio, FRAME);
    g_assert_true(media_live_counts(studio->live).is_slate);
    gint64 back_us = studio->now_us - studio->begun_us;
    run_program(studio, t_us + 5 * SECOND, 50);
    run_silence(studio, SECOND / 2);
    g_assert_false(media_live_counts(studio->live).is_slate);
    g_assert_cmpint(media_live_counts(studio->live).slates, ==, 1);
    g_assert_cmpuint(look(studio, FALSE, back_us, &most_us), >=, 50);
    g_assert_cmpint(most_us, <=, SECOND / 5);
    look(studio, FALSE, 0, &most_us);
    g_assert_cmpint(most_us, <=, MEDIA_LIVE_SLATE_AFTER_US + SECOND / 10);
    look(studio, TRUE, 0, &most_us);
    g_assert_cmpint(most_us, <=, 22000);
    studio_free(studio);
}

/* A decoder that comes in anywhere needs the parameter sets that fit. */
static void test_other_parameter_sets_go_before_their_keyframes(void)
{
    Studio *studio = studio_new(0);
    configure(studio, 0);
    gint64 t_us = run_program(studio, 0, 25);
    g_autoptr(GByteArray) avcc = avcc_of(7);
    g_assert_true(give_format(studio, FALSE, "avc1.42c01e", avcc->data, avcc->len));
    run_program(studio, t_us, 25);
    run_silence(studio, SECOND / 2);
    g_assert_cmpstr(studio->formats->str, ==, "psp");
    guint with_sets = 0;
    for (guint i = 0; i < studio->out->len; i++) {
        const Out *out = &g_array_index(studio->out, Out, i);
        if (!out->is_sound && out->is_key && out->length > 5)
            with_sets++;
        else if (!out->is_sound)
            g_assert_cmpuint(out->length, ==, 5);
    }
    g_assert_cmpuint(with_sets, ==, 1);
    studio_free(studio);
}

static void test_a_delay_is_kept(void)
{
    Studio *studio = studio_new(3 * SECOND);
    configure(studio, 0);
    run_program(studio, 0, 120);
    for (guint i = 0; i < studio->out->len; i++) {
        const Out *out = &g_array_index(studio->out, Out, i);
        g_assert_cmpint(out->at_us, >=, 3 * SECOND);
        g_assert_cmpint(out->at_us - out->t_us, <=, 3 * SECOND + SECOND);
    }
    g_assert_cmpuint(studio->out->len, >, 0);
    studio_free(studio);
}

static void test_a_clock_that_jumps_moves_no_time(void)
{
    static const gint64 jumps[] = {3600 * SECOND, -50 * SECOND, 20 * SECOND};
    for (gsize i = 0; i < G_N_ELEMENTS(jumps); i++) {
        gint64 most_us;
        Studio *studio = studio_new(0);
        configure(studio, 0);
        gint64 t_us = run_program(studio, 100 * SECOND, 50);
        run_program(studio, t_us + jumps[i], 50);
        run_silence(studio, SECOND / 2);
        g_assert_cmpuint(look(studio, FALSE, 0, &most_us), ==, 100);
        g_assert_cmpint(most_us, <=, 2 * FRAME);
        look(studio, TRUE, 0, &most_us);
        g_assert_cmpint(most_us, <=, 22000);
        studio_free(studio);
    }
}

static void test_sound_that_is_missing_is_silence(void)
{
    gint64 most_us;
    Studio *studio = studio_new(0);
    configure(studio, 0);
    for (int i = 0; i < 250; i++) { /* ten seconds without any */
        push(studio, FALSE, i * FRAME, i % 25 == 0);
        pass(studio, FRAME);
    }
    guint count = look(studio, TRUE, 0, &most_us);
    g_assert_cmpuint(count, >=, 9 * 48000 / 1024);
    g_assert_cmpint(most_us, <=, 22000);
    studio_free(studio);
}

static void test_keyframes_far_apart_and_pictures_out_of_order_are_said(void)
{
    Studio *studio = studio_new(0);
    configure(studio, 0);
    for (int i = 0; i < 120; i++) {
        push(studio, FALSE, i * FRAME, i == 0 || i == 100);
        pass(studio, FRAME);
    }
    g_assert_cmpuint(studio->warnings, ==, 1);
    push(studio, FALSE, 122 * FRAME, FALSE);
    push(studio, FALSE, 121 * FRAME, FALSE);
    g_assert_cmpuint(studio->warnings, ==, 2);
    studio_free(studio);
}

static void test_what_cannot_go_live_is_refused(void)
{
    Studio *studio = studio_new(0);
    g_autoptr(GByteArray) avcc = avcc_of(0);
    for (guint n = 0; n < avcc->len; n++)
        g_assert_false(give_format(studio, FALSE, "avc1.42c01e", avcc->data, n));
    g_assert_false(give_format(studio, FALSE, "hvc1.1.6", avcc->data, avcc->len));
    g_assert_false(give_format(studio, FALSE, "av01.0.04", NULL, 0));
    g_assert_false(give_format(studio, TRUE, "mp4a.40.2", opus_head, sizeof opus_head));
    for (guint n = 0; n < sizeof opus_head; n++)
        g_assert_false(give_format(studio, TRUE, "opus", opus_head, n));
    run_program(studio, 0, 10); /* nothing of it can be shown, and nothing breaks */
    g_assert_cmpint(media_live_counts(studio->live).frames, ==, 0);
    studio_free(studio);
}

/* Whatever comes, and when: times rise, and lie close to the clock. */
static void test_any_input_gives_rising_times(void)
{
    gint64 most_us, t_us = 5 * SECOND;
    Studio *studio = studio_new(0);
    configure(studio, 0);
    for (int i = 0; i < 4000; i++) {
        int what = g_test_rand_int_range(0, 200);
        if (what == 0)
            t_us += (gint64)g_test_rand_int_range(-10, 20) * SECOND;
        else if (what == 1)
            run_silence(studio, (gint64)g_test_rand_int_range(0, 4) * SECOND);
        else if (what == 2)
            configure(studio, (guint8)g_test_rand_int_range(0, 3));
        t_us = MAX(t_us, 0);
        push(studio, FALSE, t_us, g_test_rand_int_range(0, 12) == 0);
        if (g_test_rand_int_range(0, 5) > 0)
            push(studio, TRUE, MAX(t_us + g_test_rand_int_range(-90000, 90000), 0), TRUE);
        t_us += g_test_rand_int_range(0, 60000);
        pass(studio, g_test_rand_int_range(1, 60000));
    }
    look(studio, FALSE, 0, &most_us);
    g_assert_cmpint(most_us, <=, 5 * SECOND);
    look(studio, TRUE, 0, &most_us);
    g_assert_cmpint(most_us, <=, 22000);
    for (guint i = 0; i < studio->out->len; i++) {
        const Out *out = &g_array_index(studio->out, Out, i);
        g_assert_cmpint(ABS(out->at_us - out->t_us), <=, 8 * SECOND);
    }
    studio_free(studio);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media/live/a-program-is-passed-on-as-it-came",
                    test_a_program_is_passed_on_as_it_came);
    g_test_add_func("/media/live/what-waits-for-its-keyframe-is-not-shown",
                    test_what_waits_for_its_keyframe_is_not_shown);
    g_test_add_func("/media/live/a-slate-stands-in-after-two-seconds",
                    test_a_slate_stands_in_after_two_seconds);
    g_test_add_func("/media/live/other-parameter-sets-go-before-their-keyframes",
                    test_other_parameter_sets_go_before_their_keyframes);
    g_test_add_func("/media/live/a-delay-is-kept", test_a_delay_is_kept);
    g_test_add_func("/media/live/a-clock-that-jumps-moves-no-time",
                    test_a_clock_that_jumps_moves_no_time);
    g_test_add_func("/media/live/sound-that-is-missing-is-silence",
                    test_sound_that_is_missing_is_silence);
    g_test_add_func("/media/live/keyframes-and-order-are-watched",
                    test_keyframes_far_apart_and_pictures_out_of_order_are_said);
    g_test_add_func("/media/live/what-cannot-go-live-is-refused",
                    test_what_cannot_go_live_is_refused);
    g_test_add_func("/media/live/any-input-gives-rising-times", test_any_input_gives_rising_times);
    return g_test_run();
}
