/* Who speaks, from frames made by hand: shares, times on and off, edges. */
#include <speech/share.h>

#include <glib.h>
#include <math.h>

enum { FRAME = SPEECH_FRAME_MS };

typedef struct Room {
    void *memory;
    SpeechShare *share;
    int mics;
    gint64 t_ms;
    GArray *edges;
} Room;

static void room_init(Room *room, int mics, const SpeechShareSettings *settings)
{
    room->memory = g_malloc(speech_share_size());
    room->share = speech_share_init(room->memory, mics, settings);
    g_assert_nonnull(room->share);
    room->mics = mics;
    room->t_ms = 0;
    room->edges = g_array_new(FALSE, FALSE, sizeof(SpeechEdge));
    for (int mic = 0; mic < mics; mic++)
        speech_share_set_mic(room->share, mic, (SpeechShareMic){.gain_db = -25.0f});
}

static void room_clear(Room *room)
{
    g_array_unref(room->edges);
    g_free(room->memory);
}

static void hear(Room *room, const SpeechFrame *frames, int count)
{
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    for (int i = 0; i < count; i++) {
        room->t_ms += FRAME;
        int found = speech_share_push(room->share, frames, room->t_ms, edges);
        g_array_append_vals(room->edges, edges, (guint)found);
    }
}

static SpeechEdge edge_at(const Room *room, guint index)
{
    g_assert_cmpuint(index, <, room->edges->len);
    return g_array_index(room->edges, SpeechEdge, index);
}

static const SpeechFrame QUIET[2] = {{0.01f, -70}, {0.01f, -70}};
static const SpeechFrame FIRST[2] = {{0.98f, -25}, {0.95f, -35}};
static const SpeechFrame SECOND[2] = {{0.95f, -35}, {0.98f, -25}};
static const SpeechFrame BOTH[2] = {{0.98f, -26}, {0.98f, -24}};

static void test_only_the_nearer_mic_is_active(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, QUIET, 30);
    hear(&room, FIRST, 60);
    g_assert_true(speech_share_active(room.share, 0));
    g_assert_false(speech_share_active(room.share, 1));
    g_assert_cmpfloat(speech_share_weight_db(room.share, 0), >, -0.6f);
    g_assert_cmpfloat(speech_share_weight_db(room.share, 1), <, -9.0f);
    hear(&room, SECOND, 60);
    g_assert_false(speech_share_active(room.share, 0));
    g_assert_true(speech_share_active(room.share, 1));
    g_assert_cmpuint(room.edges->len, ==, 3);
    room_clear(&room);
}

static void test_two_at_once_are_both_active(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, QUIET, 30);
    hear(&room, FIRST, 30);
    hear(&room, BOTH, 30);
    g_assert_true(speech_share_active(room.share, 0));
    g_assert_true(speech_share_active(room.share, 1));
    room_clear(&room);
}

static void test_a_gain_error_does_not_matter(void)
{
    Room room;
    room_init(&room, 2, NULL);
    speech_share_set_mic(room.share, 1, (SpeechShareMic){.gain_db = -10.0f});
    const SpeechFrame second_loud[2] = {{0.98f, -25}, {0.95f, -20}};
    hear(&room, QUIET, 30);
    hear(&room, second_loud, 60);
    g_assert_true(speech_share_active(room.share, 0));
    g_assert_false(speech_share_active(room.share, 1));
    room_clear(&room);
}

static void test_starts_after_the_on_time(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, QUIET, 30);
    gint64 begin_ms = room.t_ms;
    hear(&room, FIRST, 20);
    SpeechEdge edge = edge_at(&room, 0);
    SpeechShareSettings settings;
    speech_share_defaults(&settings);
    g_assert_true(edge.start);
    g_assert_cmpint(edge.mic, ==, 0);
    g_assert_cmpint(edge.t_ms, >=, begin_ms + settings.on_ms);
    g_assert_cmpint(edge.t_ms, <=, begin_ms + settings.on_ms + FRAME);
    g_assert_cmpint(edge.edge_ms, <=, begin_ms);
    g_assert_cmpint(edge.edge_ms, >=, begin_ms - 50);
    room_clear(&room);
}

static void test_a_short_sound_is_no_start(void)
{
    Room room;
    room_init(&room, 2, NULL);
    for (int i = 0; i < 20; i++) {
        hear(&room, QUIET, 10);
        hear(&room, FIRST, 2);
    }
    g_assert_cmpuint(room.edges->len, ==, 0);
    room_clear(&room);
}

static void test_stops_after_the_off_time(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, QUIET, 30);
    hear(&room, FIRST, 50);
    gint64 end_ms = room.t_ms;
    hear(&room, QUIET, 50);
    SpeechEdge edge = edge_at(&room, 1);
    SpeechShareSettings settings;
    speech_share_defaults(&settings);
    g_assert_false(edge.start);
    g_assert_cmpint(edge.t_ms, >=, end_ms + settings.off_ms);
    g_assert_cmpint(edge.t_ms, <=, end_ms + settings.off_ms + FRAME);
    g_assert_cmpint(edge.edge_ms, <=, end_ms);
    g_assert_cmpint(edge.edge_ms, >=, end_ms - 100);
    room_clear(&room);
}

static void test_a_pause_does_not_stop(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, QUIET, 30);
    for (int i = 0; i < 10; i++) {
        hear(&room, FIRST, 20);
        hear(&room, QUIET, 300 / FRAME);
    }
    g_assert_cmpuint(room.edges->len, ==, 1);
    room_clear(&room);
}

static void test_a_silent_mic_is_never_active(void)
{
    Room room;
    room_init(&room, 2, NULL);
    speech_share_set_mic(room.share, 0, (SpeechShareMic){.gain_db = -60, .silent = true});
    hear(&room, QUIET, 30);
    hear(&room, FIRST, 100);
    g_assert_false(speech_share_active(room.share, 0));
    g_assert_true(speech_share_active(room.share, 1));
    g_assert_cmpfloat_with_epsilon(speech_share_weight_db(room.share, 1), 0.0, 1e-3);
    room_clear(&room);
}

static void test_one_mic_has_all(void)
{
    Room room;
    room_init(&room, 1, NULL);
    hear(&room, QUIET, 10);
    hear(&room, FIRST, 10);
    g_assert_true(speech_share_active(room.share, 0));
    g_assert_cmpfloat_with_epsilon(speech_share_weight_db(room.share, 0), 0.0, 1e-3);
    room_clear(&room);
}

/* Five mics with 5 dB between: the speaker's share of all is below half, and still they speak. */
static void test_many_mics_do_not_hide_a_speaker(void)
{
    Room room;
    room_init(&room, 5, NULL);
    SpeechFrame frames[5];
    for (int mic = 0; mic < 5; mic++)
        frames[mic] = (SpeechFrame){0.9f, mic == 3 ? -25 : -30};
    hear(&room, frames, 40);
    g_assert_cmpfloat(speech_share_weight_db(room.share, 3), <, -3.0f);
    for (int mic = 0; mic < 5; mic++)
        g_assert_cmpint(speech_share_active(room.share, mic), ==, mic == 3);
    room_clear(&room);
}

static void test_finish_ends_what_is_open(void)
{
    Room room;
    room_init(&room, 2, NULL);
    hear(&room, FIRST, 50);
    SpeechEdge edges[4];
    g_assert_cmpint(speech_share_finish(room.share, room.t_ms, edges), ==, 1);
    g_assert_false(edges[0].start);
    g_assert_cmpint(edges[0].t_ms, ==, room.t_ms);
    g_assert_cmpint(edges[0].edge_ms, ==, room.t_ms);
    g_assert_cmpint(speech_share_finish(room.share, room.t_ms, edges), ==, 0);
    room_clear(&room);
}

static void test_refuses_impossible_numbers_of_mics(void)
{
    g_autofree void *memory = g_malloc(speech_share_size());
    g_assert_null(speech_share_init(memory, 0, NULL));
    g_assert_null(speech_share_init(memory, SPEECH_MICS_MAX + 1, NULL));
    g_assert_nonnull(speech_share_init(memory, SPEECH_MICS_MAX, NULL));
}

static void push_random(Room *room, GRand *random, SpeechFrame *frames)
{
    for (int mic = 0; mic < room->mics; mic++) {
        if (g_rand_int_range(random, 0, 8) != 0)
            continue;
        frames[mic].probability = (float)g_rand_double(random);
        frames[mic].level_db = (float)g_rand_double_range(random, -80, -10);
        if (g_rand_int_range(random, 0, 50) == 0)
            frames[mic] = (SpeechFrame){NAN, INFINITY};
    }
    hear(room, frames, 1);
}

/* In each mic: start, stop, start, …; edges ascend and never lie after the moment of knowing. */
static void check_order(const Room *room)
{
    gint64 last_edge_ms[SPEECH_MICS_MAX] = {0}, last_t_ms = 0;
    gboolean open[SPEECH_MICS_MAX] = {FALSE};
    int last_mic = -1;
    for (guint i = 0; i < room->edges->len; i++) {
        SpeechEdge edge = edge_at(room, i);
        g_assert_cmpint(edge.start, !=, open[edge.mic]);
        open[edge.mic] = edge.start;
        g_assert_cmpint(edge.edge_ms, >=, last_edge_ms[edge.mic]);
        g_assert_cmpint(edge.edge_ms, <=, edge.t_ms);
        g_assert_true(edge.t_ms > last_t_ms || (edge.t_ms == last_t_ms && edge.mic > last_mic));
        last_edge_ms[edge.mic] = edge.edge_ms;
        last_t_ms = edge.t_ms;
        last_mic = edge.mic;
    }
}

static void test_edges_are_in_order(void)
{
    for (guint32 seed = 1; seed <= 60; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Room room;
        room_init(&room, g_rand_int_range(random, 1, 7), NULL);
        SpeechFrame frames[SPEECH_MICS_MAX] = {0};
        for (int i = 0; i < 3000; i++)
            push_random(&room, random, frames);
        check_order(&room);
        g_assert_cmpuint(room.edges->len, >, 2);
        room_clear(&room);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/share/only-the-nearer-mic-is-active",
                    test_only_the_nearer_mic_is_active);
    g_test_add_func("/speech/share/two-at-once-are-both-active", test_two_at_once_are_both_active);
    g_test_add_func("/speech/share/a-gain-error-does-not-matter",
                    test_a_gain_error_does_not_matter);
    g_test_add_func("/speech/share/starts-after-the-on-time", test_starts_after_the_on_time);
    g_test_add_func("/speech/share/a-short-sound-is-no-start", test_a_short_sound_is_no_start);
    g_test_add_func("/speech/share/stops-after-the-off-time", test_stops_after_the_off_time);
    g_test_add_func("/speech/share/a-pause-does-not-stop", test_a_pause_does_not_stop);
    g_test_add_func("/speech/share/a-silent-mic-is-never-active",
                    test_a_silent_mic_is_never_active);
    g_test_add_func("/speech/share/one-mic-has-all", test_one_mic_has_all);
    g_test_add_func("/speech/share/many-mics-do-not-hide-a-speaker",
                    test_many_mics_do_not_hide_a_speaker);
    g_test_add_func("/speech/share/finish-ends-what-is-open", test_finish_ends_what_is_open);
    g_test_add_func("/speech/share/refuses-impossible-numbers-of-mics",
                    test_refuses_impossible_numbers_of_mics);
    g_test_add_func("/speech/share/edges-are-in-order", test_edges_are_in_order);
    return g_test_run();
}
