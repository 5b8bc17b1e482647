/* A log through the director: what shots always are, and what of a log counts. */
#include <edit/error.h>
#include <edit/replay.h>
#include <show/limits.h>

#include "random-show.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

static ShowShots *replay_with(const ShowLog *log, const GPtrArray *sources, EditMode mode,
                              const DirectorSettings *settings, gint64 duration_ms)
{
    g_autoptr(GError) error = NULL;
    EditReplay replay = {
        .log = log,
        .sources = sources,
        .settings = settings,
        .mode = mode,
        .duration_ms = duration_ms,
        .rate = {25, 1},
    };
    ShowShots *shots = edit_replay(&replay, &error);
    g_assert_no_error(error);
    return shots;
}

static DirectorSettings settings_late(gint32 look_ahead_ms)
{
    DirectorSettings settings;
    director_settings_defaults(&settings);
    settings.look_ahead_ms = look_ahead_ms;
    return settings;
}

static ShowShots *replay_log(const ShowLog *log, const GPtrArray *sources, EditMode mode)
{
    DirectorSettings settings = settings_late(mode == EDIT_MODE_LOOK_AHEAD ? 1000 : 0);
    return replay_with(log, sources, mode, &settings, MINUTE_MS);
}

static const ShowShot *shot_at(const ShowShots *shots, guint index)
{
    return shots->shots->pdata[index];
}

static const char *shown_at(const ShowShots *shots, gint64 t_ms)
{
    const char *source = NULL;
    for (guint i = 0; i < shots->shots->len; i++)
        if (shot_at(shots, i)->t_ms <= t_ms)
            source = shot_at(shots, i)->source;
    return source;
}

static char *text_of(const ShowShots *shots)
{
    json_t *value = show_shots_to_json(shots);
    char *text = show_json_text(value, FALSE);
    json_decref(value);
    return text;
}

/* ---- what always holds ---- */

static void assert_shots_hold(const ShowShots *shots, const GPtrArray *sources)
{
    ShowRate rate = shots->rate.num > 0 ? shots->rate : (ShowRate){1000, 1};
    g_assert_cmpuint(shots->shots->len, >, 0);
    g_assert_cmpint(shot_at(shots, 0)->t_ms, ==, 0);
    for (guint i = 0; i < shots->shots->len; i++) {
        const ShowShot *shot = shot_at(shots, i);
        g_assert_cmpint(shot->t_ms, <, shots->duration_ms);
        g_assert_cmpint(show_rate_ms(rate, show_rate_frame(rate, shot->t_ms)), ==, shot->t_ms);
        g_assert_true(*shot->source == '\0' || show_sources_find(sources, shot->source) >= 0);
        g_assert_nonnull(shot->reason);
        if (i > 0) {
            g_assert_cmpint(shot->t_ms, >, shot_at(shots, i - 1)->t_ms);
            g_assert_cmpstr(shot->source, !=, shot_at(shots, i - 1)->source);
        }
    }
}

static const ShowRate rates[] = {{24000, 1001}, {25, 1}, {30000, 1001}, {60, 1}, {0, 0}};

static void test_shots_lie_on_frames(void)
{
    for (guint seed = 0; seed < 60; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(1 + seed % 4, seed % 3 != 0);
        g_autoptr(ShowLog) log = random_log(seed, sources, 3 * MINUTE_MS);
        DirectorSettings settings = settings_late(700);
        EditReplay replay = {
            .log = log,
            .sources = sources,
            .settings = &settings,
            .mode = (EditMode)(EDIT_MODE_CAUSAL + seed % 3),
            .ignore_manual = seed % 2 == 0,
            .start_ms = (gint64)seed * 133,
            .rate = rates[seed % G_N_ELEMENTS(rates)],
        };
        replay.duration_ms = replay.rate.num > 0 ? show_rate_ms(replay.rate, 4000) : 160001;
        g_autoptr(GError) error = NULL;
        g_autoptr(ShowShots) shots = edit_replay(&replay, &error);
        g_assert_no_error(error);
        g_assert_cmpint(shots->start_ms, ==, replay.start_ms);
        g_assert_cmpint(shots->duration_ms, ==, replay.duration_ms);
        assert_shots_hold(shots, sources);
    }
}

static void shuffle(GPtrArray *events, guint32 seed)
{
    GRand *random = g_rand_new_with_seed(seed);
    for (guint i = events->len; i > 1; i--) {
        guint j = (guint)g_rand_int_range(random, 0, (gint32)i);
        gpointer held = events->pdata[i - 1];
        events->pdata[i - 1] = events->pdata[j];
        events->pdata[j] = held;
    }
    g_rand_free(random);
}

static void test_same_log_gives_the_same_bytes(void)
{
    for (guint seed = 0; seed < 30; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(3, TRUE);
        g_autoptr(ShowLog) log = random_log(seed, sources, MINUTE_MS);
        EditMode mode = (EditMode)(EDIT_MODE_CAUSAL + seed % 3);
        g_autoptr(ShowShots) one = replay_log(log, sources, mode);
        shuffle(log->events, seed); /* at and seq say the order, not the file */
        g_autoptr(ShowShots) two = replay_log(log, sources, mode);
        g_autofree char *one_text = text_of(one), *two_text = text_of(two);
        g_assert_cmpstr(one_text, ==, two_text);
    }
}

static ShowLog *log_until(const ShowLog *log, gint64 at_ms)
{
    ShowLog *cut = show_log_new();
    for (guint i = 0; i < log->events->len; i++) {
        if (show_event_at_ms(log->events->pdata[i]) > at_ms)
            continue;
        g_autoptr(GError) error = NULL;
        json_t *value = show_event_to_json(log->events->pdata[i]);
        ShowEvent *event = show_event_from_json("log", 0, value, &error);
        g_assert_no_error(error);
        json_decref(value);
        show_log_take(cut, event);
    }
    return cut;
}

static void assert_same_until(const ShowShots *whole, const ShowShots *cut, gint64 t_ms)
{
    for (guint i = 0; i < whole->shots->len && shot_at(whole, i)->t_ms <= t_ms; i++) {
        g_assert_cmpuint(i, <, cut->shots->len);
        g_assert_cmpint(shot_at(whole, i)->t_ms, ==, shot_at(cut, i)->t_ms);
        g_assert_cmpstr(shot_at(whole, i)->source, ==, shot_at(cut, i)->source);
        g_assert_cmpstr(shot_at(whole, i)->reason, ==, shot_at(cut, i)->reason);
    }
    for (guint i = 0; i < cut->shots->len && shot_at(cut, i)->t_ms <= t_ms; i++)
        g_assert_cmpuint(i, <, whole->shots->len);
}

static void test_the_future_changes_no_shot(void)
{
    GRand *random = g_rand_new_with_seed(11);
    for (guint seed = 0; seed < 40; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(1 + seed % 4, TRUE);
        g_autoptr(ShowLog) log = random_log(seed, sources, MINUTE_MS);
        gint32 late_ms = seed % 2 == 0 ? 0 : g_rand_int_range(random, 100, 3000);
        EditMode mode = late_ms > 0 ? EDIT_MODE_LOOK_AHEAD : EDIT_MODE_CAUSAL;
        DirectorSettings settings = settings_late(late_ms);
        g_autoptr(ShowShots) whole = replay_with(log, sources, mode, &settings, MINUTE_MS);
        for (int i = 0; i < 12; i++) {
            gint64 c_ms = g_rand_int_range(random, 0, MINUTE_MS);
            g_autoptr(ShowLog) cut_log = log_until(log, c_ms + late_ms);
            g_autoptr(ShowShots) cut = replay_with(cut_log, sources, mode, &settings, MINUTE_MS);
            assert_same_until(whole, cut, c_ms);
        }
    }
    g_rand_free(random);
}

/* ---- what of a log counts ---- */

static void speak(ShowLog *log, const char *source, gint64 start_ms, gint64 end_ms)
{
    add_event(log, SHOW_EVENT_SPEAKING_START, source, start_ms);
    add_event(log, SHOW_EVENT_SPEAKING_STOP, source, end_ms);
}

static void test_modes_have_names(void)
{
    for (int mode = EDIT_MODE_CAUSAL; mode <= EDIT_MODE_FULL; mode++)
        g_assert_cmpint(edit_mode_from_name(edit_mode_name((EditMode)mode)), ==, mode);
    g_assert_cmpint(edit_mode_from_name("live"), ==, EDIT_MODE_UNSET);
    g_assert_cmpint(edit_mode_from_name(NULL), ==, EDIT_MODE_UNSET);
}

static void test_shows_who_speaks(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 0, 20000);
    speak(log, "cam_2", 20500, 40000);
    for (int mode = EDIT_MODE_CAUSAL; mode <= EDIT_MODE_FULL; mode++) {
        g_autoptr(ShowShots) shots = replay_log(log, sources, (EditMode)mode);
        g_assert_cmpstr(shown_at(shots, 10000), ==, "cam_1");
        g_assert_cmpstr(shown_at(shots, 30000), ==, "cam_2");
    }
}

static void test_logged_decisions_are_ignored(void)
{
    g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
    g_autoptr(ShowLog) log = random_log(5, sources, MINUTE_MS);
    g_autoptr(ShowShots) before = replay_log(log, sources, EDIT_MODE_CAUSAL);
    for (gint64 t_ms = 1000; t_ms < MINUTE_MS; t_ms += 1700) {
        add_event(log, SHOW_EVENT_SWITCH, "cam_3", t_ms);
        add_event(log, SHOW_EVENT_CUT, "cam_3", t_ms + 20);
    }
    g_autoptr(ShowShots) after = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_autofree char *one = text_of(before), *two = text_of(after);
    g_assert_cmpstr(one, ==, two);
}

static void test_unknown_sources_are_left_out(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 0, 50000);
    g_autoptr(ShowShots) before = replay_log(log, sources, EDIT_MODE_FULL);
    speak(log, "cam_9", 1000, 30000);
    add_event(log, SHOW_EVENT_MANUAL_CUT, "cam_9", 5000);
    g_autoptr(ShowShots) after = replay_log(log, sources, EDIT_MODE_FULL);
    g_autofree char *one = text_of(before), *two = text_of(after);
    g_assert_cmpstr(one, ==, two);
}

static void test_a_cut_by_hand_holds(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    for (int mode = EDIT_MODE_CAUSAL; mode <= EDIT_MODE_FULL; mode++) {
        g_autoptr(ShowLog) log = show_log_new();
        speak(log, "cam_1", 0, 60000);
        ShowEvent *cut = add_event(log, SHOW_EVENT_MANUAL_CUT, "cam_2", 20000);
        show_event_set(cut, "hold", json_real(12.5));
        g_autoptr(ShowShots) shots = replay_log(log, sources, (EditMode)mode);
        /* Who cuts sees the program as late as it runs. */
        gint64 late_ms = mode == EDIT_MODE_LOOK_AHEAD ? 1000 : 0;
        g_assert_cmpstr(shown_at(shots, 19000 - late_ms), ==, "cam_1");
        g_assert_cmpstr(shown_at(shots, 20100 - late_ms), ==, "cam_2");
        g_assert_cmpstr(shown_at(shots, 32400 - late_ms), ==, "cam_2");
        g_assert_cmpstr(shown_at(shots, 36000 - late_ms), ==, "cam_1");
    }
}

static void test_a_cut_without_hold_takes_the_setting(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 0, 60000);
    add_event(log, SHOW_EVENT_MANUAL_CUT, "cam_2", 20000);
    DirectorSettings settings = settings_late(0);
    settings.manual_hold_ms = 25000;
    g_autoptr(ShowShots) shots = replay_with(log, sources, EDIT_MODE_CAUSAL, &settings, MINUTE_MS);
    g_assert_cmpstr(shown_at(shots, 44900), ==, "cam_2");
    g_assert_cmpstr(shown_at(shots, 48000), ==, "cam_1");
}

static void test_cuts_by_hand_can_be_ignored(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 0, 60000);
    add_event(log, SHOW_EVENT_MANUAL_CUT, "cam_2", 20000);
    g_autoptr(GArray) events = edit_director_events(log, sources, TRUE);
    g_assert_cmpuint(events->len, ==, 2);
    DirectorSettings settings = settings_late(0);
    EditReplay replay = {log, sources, &settings, EDIT_MODE_FULL, TRUE, 0, MINUTE_MS, {25, 1}};
    g_autoptr(ShowShots) shots = edit_replay(&replay, NULL);
    g_assert_cmpuint(shots->shots->len, ==, 1);
}

static void test_a_lost_source_is_not_shown(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    for (int mode = EDIT_MODE_CAUSAL; mode <= EDIT_MODE_FULL; mode++) {
        g_autoptr(ShowLog) log = show_log_new();
        speak(log, "cam_1", 0, 60000);
        add_event(log, SHOW_EVENT_SOURCE_LOST, "cam_1", 20000);
        add_event(log, SHOW_EVENT_SOURCE_BACK, "cam_1", 40000);
        add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 41000);
        g_autoptr(ShowShots) shots = replay_log(log, sources, (EditMode)mode);
        g_assert_cmpstr(shown_at(shots, 20040), ==, "cam_2");
        g_assert_cmpstr(shown_at(shots, 39900), ==, "cam_2");
        g_assert_cmpstr(shown_at(shots, 55000), ==, "cam_1");
    }
}

static void test_nothing_left_is_a_gap(void)
{
    g_autoptr(GPtrArray) sources = random_sources(1, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    add_event(log, SHOW_EVENT_SOURCE_LOST, "cam_1", 20000);
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_assert_cmpstr(shown_at(shots, 10000), ==, "cam_1");
    g_assert_cmpstr(shown_at(shots, 30000), ==, "");
}

static void test_a_new_slide_is_shown(void)
{
    g_autoptr(GPtrArray) sources = random_sources(1, FALSE);
    g_ptr_array_add(sources, show_source_new("slides", "Slides", SHOW_ROLE_SCREEN));
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 0, 60000);
    show_event_set(add_event(log, SHOW_EVENT_MARKER, "slides", 20000), "kind",
                   json_string("slide"));
    show_event_set(add_event(log, SHOW_EVENT_MARKER, "slides", 45000), "kind",
                   json_string("applause"));
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_assert_cmpstr(shown_at(shots, 21000), ==, "slides");
    g_assert_cmpstr(shown_at(shots, 40000), ==, "cam_1");
    g_assert_cmpstr(shown_at(shots, 46000), ==, "cam_1");
}

static void test_a_mic_speaks_for_its_camera(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    ShowSource *mic = show_source_new("lavalier", "Mic", SHOW_ROLE_MIC);
    mic->camera = g_strdup("cam_2");
    g_ptr_array_add(sources, mic);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "lavalier", 1000, 30000);
    speak(log, "cam_2", 20000, 40000); /* heard by both: speaks from 1 to 40 s */
    g_autoptr(GArray) events = edit_director_events(log, sources, FALSE);
    g_assert_cmpuint(events->len, ==, 2);
    const DirectorEvent *stop = &g_array_index(events, DirectorEvent, 1);
    g_assert_cmpint(stop->source, ==, 1);
    g_assert_cmpint(stop->at_ms, ==, 40000);
}

static void test_no_frame_is_older_than_its_decision(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    for (gint64 t_ms = 20001; t_ms < 20081; t_ms += 13) {
        g_autoptr(ShowLog) log = show_log_new();
        add_event(log, SHOW_EVENT_MANUAL_CUT, "cam_2", t_ms);
        g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
        g_assert_cmpuint(shots->shots->len, >=, 2);
        g_assert_cmpint(shot_at(shots, 1)->t_ms, >=, t_ms);
        g_assert_cmpint(shot_at(shots, 1)->t_ms, <, t_ms + 140); /* a tick and a frame */
    }
}

static void test_a_camera_that_comes_back_speaks_anew(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 1000);
    add_event(log, SHOW_EVENT_SOURCE_LOST, "cam_1", 20000); /* its stop never came */
    add_event(log, SHOW_EVENT_SOURCE_BACK, "cam_1", 40000);
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 41000);
    g_autoptr(GArray) events = edit_director_events(log, sources, FALSE);
    g_assert_cmpuint(events->len, ==, 4);
    const DirectorEvent *list = (const DirectorEvent *)(gpointer)events->data;
    g_assert_cmpint(list[2].type, ==, DIRECTOR_EVENT_SOURCE_BACK);
    g_assert_cmpint(list[3].type, ==, DIRECTOR_EVENT_SPEAKING_START);
    g_assert_cmpint(list[3].at_ms, ==, 41000);
}

static void test_a_mic_is_heard_while_its_camera_is_lost(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    ShowSource *mic = show_source_new("lavalier", "Mic", SHOW_ROLE_MIC);
    mic->camera = g_strdup("cam_1");
    g_ptr_array_add(sources, mic);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "lavalier", 0, 60000);
    add_event(log, SHOW_EVENT_SOURCE_LOST, "cam_1", 20000);
    add_event(log, SHOW_EVENT_SOURCE_BACK, "cam_1", 40000);
    for (int mode = EDIT_MODE_CAUSAL; mode <= EDIT_MODE_FULL; mode++) {
        g_autoptr(ShowShots) shots = replay_log(log, sources, (EditMode)mode);
        g_assert_cmpstr(shown_at(shots, 30000), ==, "cam_2");
        g_assert_cmpstr(shown_at(shots, 50000), ==, "cam_1");
    }
}

static void test_order_is_at_then_seq(void)
{
    g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    ShowEvent *third = add_event(log, SHOW_EVENT_SPEAKING_START, "cam_3", 500);
    ShowEvent *second = add_event(log, SHOW_EVENT_SPEAKING_START, "cam_2", 900);
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 400); /* no at: t counts */
    third->at_ms = second->at_ms = 1000;
    third->seq = 8;
    second->seq = 7;
    second->edge_t_ms = 800;
    g_autoptr(GArray) events = edit_director_events(log, sources, FALSE);
    const DirectorEvent *list = (const DirectorEvent *)(gpointer)events->data;
    g_assert_cmpint(list[0].source, ==, 0);
    g_assert_cmpint(list[0].at_ms, ==, 400);
    g_assert_true(list[0].edge_ms == DIRECTOR_MS_NONE);
    g_assert_cmpint(list[1].source, ==, 1);
    g_assert_cmpint(list[1].edge_ms, ==, 800);
    g_assert_cmpint(list[2].source, ==, 2);
    g_assert_cmpint(list[2].edge_ms, ==, 500 - settings_late(0).start_delay_ms);
}

/* ---- settings, roles and deciders that change ---- */

static void test_settings_count_from_their_line(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    for (gint64 t_ms = 0; t_ms < MINUTE_MS; t_ms += 8000) {
        speak(log, "cam_1", t_ms, t_ms + 3900);
        speak(log, "cam_2", t_ms + 4000, t_ms + 7900);
    }
    show_event_set(add_event(log, SHOW_EVENT_SETTINGS, NULL, 30000), "settings",
                   json_pack("{s:f}", "min_shot", 20.0));
    g_autoptr(ShowShots) causal = replay_log(log, sources, EDIT_MODE_CAUSAL);
    guint late = 0;
    for (guint i = 0; i < causal->shots->len; i++)
        late += shot_at(causal, i)->t_ms > 30000;
    g_assert_cmpuint(causal->shots->len - late, >=, 6);
    g_assert_cmpuint(late, <=, 2);
    g_autoptr(ShowShots) full = replay_log(log, sources, EDIT_MODE_FULL);
    g_assert_cmpuint(full->shots->len, >, causal->shots->len);
}

static void test_bad_settings_say_where(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    show_event_set(add_event(log, SHOW_EVENT_SETTINGS, NULL, 1234), "settings",
                   json_pack("{s:s}", "min_shot", "soon"));
    DirectorSettings settings = settings_late(0);
    EditReplay replay = {log, sources, &settings, EDIT_MODE_CAUSAL, FALSE, 0, MINUTE_MS, {25, 1}};
    g_assert_null(edit_replay(&replay, &error));
    g_assert_error(error, EDIT_ERROR, EDIT_ERROR_SETTING);
    g_assert_cmpstr(error->message, ==,
                    "settings at 1234 ms of the log: min_shot: expected 0.2 to 30.0 seconds, "
                    "found \"soon\"");
}

static ShowEvent *list_sources(ShowLog *log, ShowEventType type, gint64 t_ms, const char *role)
{
    ShowEvent *event = add_event(log, type, NULL, t_ms);
    show_event_set(event, "sources",
                   json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", "cam_1", "role", "person", "id",
                             "cam_2", "role", role));
    return event;
}

static void test_a_role_counts_from_its_line(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    list_sources(log, SHOW_EVENT_SESSION_START, 0, "person");
    list_sources(log, SHOW_EVENT_SOURCES, 30000, "mic");
    speak(log, "cam_1", 0, 10000);
    speak(log, "cam_2", 10000, 60000);
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_assert_cmpstr(shown_at(shots, 25000), ==, "cam_2");
    g_assert_cmpstr(shown_at(shots, 30000), ==, "cam_1"); /* never shows a microphone */
    g_assert_cmpstr(shown_at(shots, 59000), ==, "cam_1");
}

static void test_one_list_of_roles_leaves_the_callers(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    list_sources(log, SHOW_EVENT_SESSION_START, 0, "mic");
    speak(log, "cam_2", 0, 60000);
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_assert_cmpstr(shown_at(shots, 30000), ==, "cam_2");
}

static void add_numbered(ShowLog *log, ShowEventType type, const char *source, gint64 t_ms,
                         gint64 seq, gint64 epoch)
{
    ShowEvent *event = add_event(log, type, source, t_ms);
    event->seq = seq;
    event->epoch = epoch;
}

/* The link drops at 20 s: the console decides on, and has not seen that cam_2 began at 19.5 s. Its
 * own line comes later. At 40 s the server decides again, and has seen all. */
static ShowLog *log_of_two_deciders(void)
{
    ShowLog *log = show_log_new();
    add_numbered(log, SHOW_EVENT_SPEAKING_START, "cam_1", 1000, 1, 0);
    add_numbered(log, SHOW_EVENT_SPEAKING_STOP, "cam_1", 15000, 2, 0);
    add_numbered(log, SHOW_EVENT_SPEAKING_START, "cam_2", 15100, 3, 0);
    ShowEvent *console = add_event(log, SHOW_EVENT_EPOCH, NULL, 20000);
    console->epoch = 1;
    console->seq = 4;
    show_event_set(console, "lastSeq", json_integer(2));
    add_numbered(log, SHOW_EVENT_SPEAKING_START, "cam_3", 30000, 5, 1);
    ShowEvent *server = add_event(log, SHOW_EVENT_EPOCH, NULL, 40000);
    server->epoch = 2;
    server->seq = 6;
    show_event_set(server, "lastSeq", json_integer(5));
    add_numbered(log, SHOW_EVENT_SPEAKING_STOP, "cam_3", 45000, 7, 2);
    return log;
}

static void test_each_decider_knows_what_it_had_seen(void)
{
    g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
    g_autoptr(ShowLog) log = log_of_two_deciders();
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_CAUSAL);
    g_assert_cmpstr(shown_at(shots, 14000), ==, "cam_1");
    g_assert_cmpstr(shown_at(shots, 19000), ==, "cam_2"); /* the server saw cam_2 */
    g_assert_cmpstr(shown_at(shots, 21000), ==, "cam_1"); /* the console had not */
    g_assert_cmpstr(shown_at(shots, 35000), ==, "cam_3");
    g_assert_cmpstr(shown_at(shots, 55000), ==, "cam_2"); /* the server has seen both */
    assert_shots_hold(shots, sources);
}

static void test_epochs_do_not_split_full_knowledge(void)
{
    g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
    g_autoptr(ShowLog) log = log_of_two_deciders();
    g_autoptr(GArray) events = edit_director_events(log, sources, FALSE);
    g_assert_cmpuint(events->len, ==, 5);
    g_autoptr(ShowShots) shots = replay_log(log, sources, EDIT_MODE_FULL);
    g_assert_cmpstr(shown_at(shots, 25000), ==, "cam_2");
}

static void test_an_epoch_that_saw_all_changes_nothing(void)
{
    for (guint seed = 0; seed < 20; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(3, TRUE);
        g_autoptr(ShowLog) log = random_log(seed, sources, MINUTE_MS);
        EditMode mode = seed % 2 == 0 ? EDIT_MODE_CAUSAL : EDIT_MODE_LOOK_AHEAD;
        g_autoptr(ShowShots) before = replay_log(log, sources, mode);
        gint64 seq = 0, at_ms = 25000;
        for (guint i = 0; i < log->events->len; i++) {
            ShowEvent *event = log->events->pdata[i];
            if (show_event_at_ms(event) <= at_ms)
                seq = MAX(seq, event->seq);
            else
                event->epoch = 1;
        }
        ShowEvent *epoch = add_event(log, SHOW_EVENT_EPOCH, NULL, at_ms);
        epoch->epoch = 1;
        show_event_set(epoch, "lastSeq", json_integer(seq));
        g_autoptr(ShowShots) after = replay_log(log, sources, mode);
        g_autofree char *one = text_of(before), *two = text_of(after);
        g_assert_cmpstr(one, ==, two);
    }
}

static void test_endless_changes_are_an_error(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    for (gint64 i = 1; i <= 5000; i++)
        add_event(log, SHOW_EVENT_EPOCH, NULL, i)->epoch = i;
    DirectorSettings settings = settings_late(0);
    EditReplay replay = {log, sources, &settings, EDIT_MODE_CAUSAL, FALSE, 0, MINUTE_MS, {25, 1}};
    g_assert_null(edit_replay(&replay, &error));
    g_assert_error(error, EDIT_ERROR, EDIT_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==,
                    "the log changes decider or roles more than 256 times; use --mode full");
}

static void test_a_program_without_length_is_an_error(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    DirectorSettings settings = settings_late(0);
    EditReplay replay = {log, sources, &settings, EDIT_MODE_FULL, FALSE, 0, 0, {25, 1}};
    g_assert_null(edit_replay(&replay, &error));
    g_assert_cmpstr(error->message, ==,
                    "cannot direct a program of 0 ms; say how long it is with --duration");
}

static void test_reasons_are_sentences(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, TRUE);
    DirectorDecision decision = {.source = 1, .reason = DIRECTOR_REASON_SPEAKS};
    g_autofree char *speaks = edit_reason_sentence(&decision, sources);
    g_assert_cmpstr(speaks, ==, "Person 2 speaks");
    decision.source = DIRECTOR_NONE;
    g_autofree char *nothing = edit_reason_sentence(&decision, sources);
    g_assert_cmpstr(nothing, ==, "Nothing can be shown");
    for (int reason = 0; reason < DIRECTOR_REASONS; reason++) {
        decision = (DirectorDecision){.source = 2, .reason = (DirectorReason)reason};
        g_autofree char *text = edit_reason_sentence(&decision, sources);
        g_assert_nonnull(strstr(text, "Wide"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func("/edit/replay/" path, function)
    ADD("modes-have-names", test_modes_have_names);
    ADD("shows-who-speaks", test_shows_who_speaks);
    ADD("shots-lie-on-frames", test_shots_lie_on_frames);
    ADD("same-log-gives-the-same-bytes", test_same_log_gives_the_same_bytes);
    ADD("the-future-changes-no-shot", test_the_future_changes_no_shot);
    ADD("logged-decisions-are-ignored", test_logged_decisions_are_ignored);
    ADD("unknown-sources-are-left-out", test_unknown_sources_are_left_out);
    ADD("a-cut-by-hand-holds", test_a_cut_by_hand_holds);
    ADD("a-cut-without-hold-takes-the-setting", test_a_cut_without_hold_takes_the_setting);
    ADD("cuts-by-hand-can-be-ignored", test_cuts_by_hand_can_be_ignored);
    ADD("a-lost-source-is-not-shown", test_a_lost_source_is_not_shown);
    ADD("nothing-left-is-a-gap", test_nothing_left_is_a_gap);
    ADD("a-new-slide-is-shown", test_a_new_slide_is_shown);
    ADD("a-mic-speaks-for-its-camera", test_a_mic_speaks_for_its_camera);
    ADD("no-frame-is-older-than-its-decision", test_no_frame_is_older_than_its_decision);
    ADD("a-camera-that-comes-back-speaks-anew", test_a_camera_that_comes_back_speaks_anew);
    ADD("a-mic-is-heard-while-its-camera-is-lost", test_a_mic_is_heard_while_its_camera_is_lost);
    ADD("order-is-at-then-seq", test_order_is_at_then_seq);
    ADD("settings-count-from-their-line", test_settings_count_from_their_line);
    ADD("bad-settings-say-where", test_bad_settings_say_where);
    ADD("a-role-counts-from-its-line", test_a_role_counts_from_its_line);
    ADD("one-list-of-roles-leaves-the-callers", test_one_list_of_roles_leaves_the_callers);
    ADD("each-decider-knows-what-it-had-seen", test_each_decider_knows_what_it_had_seen);
    ADD("epochs-do-not-split-full-knowledge", test_epochs_do_not_split_full_knowledge);
    ADD("an-epoch-that-saw-all-changes-nothing", test_an_epoch_that_saw_all_changes_nothing);
    ADD("endless-changes-are-an-error", test_endless_changes_are_an_error);
    ADD("a-program-without-length-is-an-error", test_a_program_without_length_is_an_error);
    ADD("reasons-are-sentences", test_reasons_are_sentences);
    return g_test_run();
}
