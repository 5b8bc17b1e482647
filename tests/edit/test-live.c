/* A running show decides what the replay of its finished log says, however time was sliced, through
 * changed roles, sources that come later, settings, and a console that decided meanwhile. */
#include <edit/live.h>
#include <edit/replay.h>
#include <edit/settings.h>

#include "random-show.h"

#include <string.h>

enum { MINUTE_MS = 60000, SEEDS = 60 };

typedef struct Show {
    GRand *random;
    GPtrArray *sources; /* as the last list has them */
    EditLive *live;
    ShowLog *log; /* what was written */
    GArray *decisions;
    gint64 seq;
    gint64 away_from_ms, away_until_ms; /* the console decided */
} Show;

static void take_all(Show *show)
{
    DirectorDecision decision;
    while (edit_live_take(show->live, &decision))
        g_array_append_val(show->decisions, decision);
}

static ShowEvent *copy_of(const ShowEvent *event)
{
    g_autoptr(GError) error = NULL;
    json_t *value = show_event_to_json(event);
    ShowEvent *copy = show_event_from_json("copy", 0, value, &error);
    g_assert_no_error(error);
    json_decref(value);
    return copy;
}

static gint64 write_line(Show *show, ShowEvent *event)
{
    g_autoptr(GError) error = NULL;
    event->at_ms = edit_live_next_at_ms(show->live, show_event_at_ms(event));
    event->seq = ++show->seq;
    g_assert_true(edit_live_line(show->live, event, &error));
    g_assert_no_error(error);
    show_log_take(show->log, event);
    take_all(show);
    if (g_rand_boolean(show->random))
        edit_live_advance(show->live, event->at_ms);
    take_all(show);
    return event->at_ms;
}

static json_t *list_of(const GPtrArray *sources)
{
    json_t *list = json_array();
    for (guint i = 0; i < sources->len; i++)
        json_array_append_new(list, show_source_to_json(sources->pdata[i]));
    return list;
}

/* The random log names one source only; a running show names them all, and sometimes a new one. */
static void write_list(Show *show, ShowEvent *event)
{
    const json_t *entry = json_array_get(json_object_get(event->fields, "sources"), 0);
    int index = show_sources_find(show->sources, json_string_value(json_object_get(entry, "id")));
    ShowSource *source = show->sources->pdata[index];
    source->role = show_role_from_name(json_string_value(json_object_get(entry, "role")));
    if (g_rand_int_range(show->random, 0, 3) == 0) {
        g_autofree char *id = g_strdup_printf("late_%u", show->sources->len);
        ShowRole role = g_rand_boolean(show->random) ? SHOW_ROLE_WIDE : SHOW_ROLE_PERSON;
        g_ptr_array_add(show->sources, show_source_new(id, NULL, role));
    }
    show_event_set(event, "sources", list_of(show->sources));
    write_line(show, event);
}

static ShowEvent *epoch_line(gint64 t_ms, gint64 epoch, const char *by, gint64 last_seq)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_EPOCH, NULL, t_ms);
    event->epoch = epoch;
    show_event_set(event, "by", json_string(by));
    show_event_set(event, "lastSeq", json_integer(last_seq));
    return event;
}

/* The console decides from here on, and the server again after some lines. */
static gint64 leave(Show *show, gint64 t_ms)
{
    gint64 at_ms = write_line(show, epoch_line(t_ms, 1, "console", show->seq));
    g_assert_false(edit_live_is_deciding(show->live));
    return at_ms;
}

static gint64 come_back(Show *show, gint64 t_ms)
{
    gint64 at_ms = write_line(show, epoch_line(t_ms, 2, "server", show->seq));
    g_assert_true(edit_live_is_deciding(show->live));
    return at_ms;
}

static void run_show(Show *show, const ShowLog *script, gboolean goes_away)
{
    guint third = script->events->len / 3;
    for (guint i = 0; i < script->events->len; i++) {
        const ShowEvent *event = script->events->pdata[i];
        gint64 t_ms = show_event_at_ms(event);
        if (goes_away && i == third)
            show->away_from_ms = leave(show, t_ms);
        if (goes_away && i == 2 * third)
            show->away_until_ms = come_back(show, t_ms);
        if (g_rand_boolean(show->random))
            edit_live_advance(show->live, t_ms - g_rand_int_range(show->random, 1, 500));
        take_all(show);
        if (event->type == SHOW_EVENT_SESSION_START)
            continue;
        ShowEvent *copy = copy_of(event);
        if (show->away_from_ms > 0 && show->away_until_ms == 0 && g_rand_boolean(show->random))
            copy->epoch = 1; /* the console's own, adopted */
        if (show->away_until_ms > 0)
            copy->epoch = 2; /* whoever decides marks what it is fed */
        if (event->type == SHOW_EVENT_SOURCES)
            write_list(show, copy);
        else
            write_line(show, copy);
    }
    edit_live_advance(show->live, MINUTE_MS + edit_live_settings(show->live).look_ahead_ms);
    take_all(show);
}

static void show_init(Show *show, guint32 seed, const GPtrArray *sources,
                      const DirectorSettings *settings)
{
    g_autoptr(GError) error = NULL;
    memset(show, 0, sizeof *show);
    show->random = g_rand_new_with_seed(seed);
    show->sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (guint i = 0; i < sources->len; i++)
        g_ptr_array_add(show->sources, show_source_dup(sources->pdata[i]));
    show->live = edit_live_new(sources, settings, &error);
    g_assert_no_error(error);
    show->log = show_log_new();
    show->decisions = g_array_new(FALSE, FALSE, sizeof(DirectorDecision));
    ShowEvent *start = show_event_new(SHOW_EVENT_SESSION_START, NULL, 0);
    show_event_set(start, "sources", list_of(sources));
    write_line(show, start);
}

static void show_clear(Show *show)
{
    g_rand_free(show->random);
    g_ptr_array_unref(show->sources);
    edit_live_free(show->live);
    show_log_free(show->log);
    g_array_unref(show->decisions);
}

static const char *live_at(const Show *show, gint64 t_ms)
{
    const char *source = NULL;
    for (guint i = 0; i < show->decisions->len; i++) {
        const DirectorDecision *decision = &g_array_index(show->decisions, DirectorDecision, i);
        if (decision->t_ms > t_ms)
            break;
        source =
            decision->source < 0 ? "" : ((ShowSource *)show->sources->pdata[decision->source])->id;
    }
    return source;
}

static const char *replay_at(const ShowShots *shots, gint64 t_ms)
{
    const char *source = NULL;
    for (guint i = 0; i < shots->shots->len; i++)
        if (((ShowShot *)shots->shots->pdata[i])->t_ms <= t_ms)
            source = ((ShowShot *)shots->shots->pdata[i])->source;
    return source;
}

static void assert_same(const Show *show, const DirectorSettings *settings, guint32 seed)
{
    g_autoptr(GError) error = NULL;
    EditReplay replay = {
        .log = show->log,
        .sources = show->sources,
        .settings = settings,
        .mode = settings->look_ahead_ms > 0 ? EDIT_MODE_LOOK_AHEAD : EDIT_MODE_CAUSAL,
        .duration_ms = MINUTE_MS,
    };
    g_autoptr(ShowShots) shots = edit_replay(&replay, &error);
    g_assert_no_error(error);
    for (gint64 t_ms = 0; t_ms < MINUTE_MS; t_ms++) {
        if (show->away_from_ms > 0 && t_ms >= show->away_from_ms - settings->look_ahead_ms &&
            t_ms < show->away_until_ms)
            continue;
        if (g_strcmp0(live_at(show, t_ms), replay_at(shots, t_ms)) != 0)
            g_error("seed %u: at %" G_GINT64_FORMAT " ms the show had %s, its replay %s", seed,
                    t_ms, live_at(show, t_ms), replay_at(shots, t_ms));
    }
}

static void check_shows(gint32 look_ahead_ms, gboolean goes_away)
{
    for (guint32 seed = 1; seed <= SEEDS; seed++) {
        DirectorSettings settings;
        director_settings_defaults(&settings);
        settings.look_ahead_ms = look_ahead_ms;
        g_autoptr(GPtrArray) sources = random_sources(2 + seed % 3, seed % 2 == 0);
        g_autoptr(ShowLog) script = random_log(seed, sources, MINUTE_MS);
        Show show;
        show_init(&show, seed, sources, &settings);
        run_show(&show, script, goes_away);
        assert_same(&show, &settings, seed);
        show_clear(&show);
    }
}

static void test_causal(void)
{
    check_shows(0, FALSE);
}

static void test_look_ahead(void)
{
    check_shows(1000, FALSE);
}

static void test_console_decided_meanwhile(void)
{
    check_shows(0, TRUE);
    check_shows(1000, TRUE);
}

static void test_refuses_lines_without_meaning(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, TRUE);
    DirectorSettings settings;
    director_settings_defaults(&settings);
    g_autoptr(EditLive) live = edit_live_new(sources, &settings, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowEvent) line = show_event_new(SHOW_EVENT_SETTINGS, NULL, 100);
    show_event_set(line, "settings", json_pack("{s:f}", "min_shot", -4.0));
    g_assert_false(edit_live_line(live, line, &error));
    g_assert_nonnull(strstr(error->message, "min_shot"));
    g_clear_error(&error);

    g_autoptr(ShowEvent) list = show_event_new(SHOW_EVENT_SOURCES, NULL, 100);
    show_event_set(list, "sources", json_pack("[{s:s}]", "id", "cam_2"));
    g_assert_false(edit_live_line(live, list, &error));
    g_assert_nonnull(strstr(error->message, "cam_1"));
    g_assert_cmpuint(edit_live_sources(live)->len, ==, 3);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edit/live/causal-decides-as-its-replay", test_causal);
    g_test_add_func("/edit/live/look-ahead-decides-as-its-replay", test_look_ahead);
    g_test_add_func("/edit/live/after-the-console-decided-as-its-replay",
                    test_console_decided_meanwhile);
    g_test_add_func("/edit/live/lines-without-meaning-are-refused",
                    test_refuses_lines_without_meaning);
    return g_test_run();
}
