/* Shows for property tests: random, but the same for the same seed. */
#pragma once
#include <show/log.h>
#include <show/shots.h>
#include <show/source.h>

G_GNUC_UNUSED static GPtrArray *random_sources(guint people, gboolean wide)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (guint i = 0; i < people; i++) {
        g_autofree char *id = g_strdup_printf("cam_%u", i + 1);
        g_autofree char *label = g_strdup_printf("Person %u", i + 1);
        g_ptr_array_add(sources, show_source_new(id, label, SHOW_ROLE_PERSON));
    }
    if (wide)
        g_ptr_array_add(sources, show_source_new("wide", "Wide", SHOW_ROLE_WIDE));
    return sources;
}

G_GNUC_UNUSED static ShowEvent *add_event(ShowLog *log, ShowEventType type, const char *source,
                                          gint64 t_ms)
{
    ShowEvent *event = show_event_new(type, source, t_ms);
    show_log_take(log, event);
    return event;
}

/* One person's speech: talks and pauses of random length. The detector is late, as it is. */
G_GNUC_UNUSED static void add_random_speech(ShowLog *log, GRand *random, const char *source,
                                            gint64 end_ms, int talkative)
{
    gint64 t_ms = g_rand_int_range(random, 0, 15000);
    while (t_ms < end_ms) {
        gint64 length_ms = g_rand_int_range(random, 200, g_rand_boolean(random) ? 3000 : 20000);
        ShowEvent *start = add_event(log, SHOW_EVENT_SPEAKING_START, source, t_ms + 93);
        ShowEvent *stop = add_event(log, SHOW_EVENT_SPEAKING_STOP, source, t_ms + length_ms + 395);
        if (g_rand_boolean(random)) {
            start->edge_t_ms = t_ms;
            stop->edge_t_ms = t_ms + length_ms;
        }
        t_ms += length_ms + g_rand_int_range(random, 300, 30000 / talkative);
    }
}

/* All roles at the start, and sometimes another one later. */
G_GNUC_UNUSED static void add_random_roles(ShowLog *log, GRand *random, const GPtrArray *sources,
                                           gint64 end_ms)
{
    json_t *all = json_array();
    for (guint i = 0; i < sources->len; i++)
        json_array_append_new(all, show_source_to_json(sources->pdata[i]));
    show_event_set(add_event(log, SHOW_EVENT_SESSION_START, NULL, 0), "sources", all);
    for (int i = g_rand_int_range(random, 0, 3); i > 0; i--) {
        const ShowSource *source =
            sources->pdata[g_rand_int_range(random, 0, (gint32)sources->len)];
        static const char *const roles[] = {"person", "mic", "wide", "screen"};
        json_t *list = json_pack("[{s:s, s:s}]", "id", source->id, "role",
                                 roles[g_rand_int_range(random, 0, G_N_ELEMENTS(roles))]);
        gint64 t_ms = g_rand_int_range(random, 0, (gint32)end_ms);
        show_event_set(add_event(log, SHOW_EVENT_SOURCES, NULL, t_ms), "sources", list);
    }
}

G_GNUC_UNUSED static void add_random_extras(ShowLog *log, GRand *random, const GPtrArray *sources,
                                            gint64 end_ms)
{
    static const ShowEventType types[] = {
        SHOW_EVENT_MANUAL_CUT,  SHOW_EVENT_AUTO_RESUME, SHOW_EVENT_SOURCE_LOST,
        SHOW_EVENT_SOURCE_BACK, SHOW_EVENT_SWITCH,      SHOW_EVENT_CUT,
        SHOW_EVENT_SETTINGS,
    };
    for (int i = g_rand_int_range(random, 0, 12); i > 0; i--) {
        const ShowSource *source =
            sources->pdata[g_rand_int_range(random, 0, (gint32)sources->len)];
        ShowEventType type = types[g_rand_int_range(random, 0, G_N_ELEMENTS(types))];
        ShowEvent *event =
            add_event(log, type, source->id, g_rand_int_range(random, 0, (gint32)end_ms));
        if (type == SHOW_EVENT_MANUAL_CUT && g_rand_boolean(random))
            show_event_set(event, "hold", json_real(g_rand_double_range(random, 0, 9)));
        if (type == SHOW_EVENT_SETTINGS)
            show_event_set(event, "settings",
                           json_pack("{s:f}", "min_shot", g_rand_double_range(random, 0.5, 5)));
    }
}

G_GNUC_UNUSED static ShowLog *random_log(guint32 seed, const GPtrArray *sources, gint64 end_ms)
{
    GRand *random = g_rand_new_with_seed(seed);
    ShowLog *log = show_log_new();
    for (guint i = 0; i < sources->len; i++) {
        const ShowSource *source = sources->pdata[i];
        if (source->role == SHOW_ROLE_PERSON)
            add_random_speech(log, random, source->id, end_ms, g_rand_int_range(random, 1, 8));
    }
    add_random_extras(log, random, sources, end_ms);
    add_random_roles(log, random, sources, end_ms);
    for (guint i = 0; i < log->events->len; i++)
        if (g_rand_boolean(random)) {
            ShowEvent *event = log->events->pdata[i];
            event->at_ms = event->t_ms + g_rand_int_range(random, 0, 60);
        }
    show_log_sort(log);
    show_log_number(log);
    g_rand_free(random);
    return log;
}
