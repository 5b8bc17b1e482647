/* bench-highlights TALK.txt …: how long it takes to find the highlights of a long show. Real
 * conversations (bench/data/director), one after the other, are made the log of one show with a camera
 * for each seat; the director cuts it with full knowledge. Timed is what is done when somebody asks for
 * highlights: the speech of the log, and the pieces. */
#include <edit/highlights.h>
#include <edit/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEATS = 5, ROUNDS = 9 };

static void fail(const char *doing, const char *path, const char *why)
{
    fprintf(stderr, "bench-highlights: cannot %s %s: %s\n", doing, path, why);
    exit(1);
}

/* ---- the show ---- */

static GPtrArray *make_sources(void)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (guint seat = 1; seat <= SEATS; seat++) {
        g_autofree char *id = g_strdup_printf("cam_%u", seat);
        g_ptr_array_add(sources, show_source_new(id, id, SHOW_ROLE_PERSON));
    }
    g_ptr_array_add(sources, show_source_new("wide", "wide", SHOW_ROLE_WIDE));
    return sources;
}

static void add_event(ShowLog *log, ShowEventType type, gint64 seat, gint64 t_ms)
{
    g_autofree char *id = g_strdup_printf("cam_%" G_GINT64_FORMAT, seat);
    ShowEvent *event = show_event_new(type, id, t_ms);
    event->edge_t_ms = t_ms;
    show_log_take(log, event);
}

/* Lines "start_ms end_ms seat" behind `zero_ms`; where they end. */
static gint64 add_talk(ShowLog *log, const char *path, gint64 zero_ms)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gint64 last_ms = zero_ms;
    if (!g_file_get_contents(path, &text, NULL, &error))
        fail("read", path, error->message);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *at = *line;
        if (*at == '#' || *at == '\0')
            continue;
        gint64 start_ms = zero_ms + g_ascii_strtoll(at, &at, 10);
        gint64 end_ms = zero_ms + g_ascii_strtoll(at, &at, 10);
        gint64 seat = g_ascii_strtoll(at, &at, 10);
        if (seat < 1 || seat > SEATS || end_ms <= start_ms)
            fail("use", path, "expected lines of start_ms, end_ms and a seat from 1 to 5");
        add_event(log, SHOW_EVENT_SPEAKING_START, seat, start_ms);
        add_event(log, SHOW_EVENT_SPEAKING_STOP, seat, end_ms);
        last_ms = MAX(last_ms, end_ms);
    }
    return last_ms;
}

static ShowShots *direct(const ShowLog *log, const GPtrArray *sources, gint64 duration_ms)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings;
    director_settings_defaults(&settings);
    const EditReplay replay = {.log = log,
                               .sources = sources,
                               .settings = &settings,
                               .mode = EDIT_MODE_FULL,
                               .duration_ms = duration_ms,
                               .rate = {30, 1}};
    ShowShots *shots = edit_replay(&replay, &error);
    if (shots == NULL)
        fail("direct", "the show", error->message);
    return shots;
}

/* ---- the time ---- */

static int compare(gconstpointer a, gconstpointer b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench-highlights TALK.txt …\n");
        return 2;
    }
    g_autoptr(GPtrArray) sources = make_sources();
    g_autoptr(ShowLog) log = show_log_new();
    gint64 end_ms = 0;
    for (int i = 1; i < argc; i++)
        end_ms = add_talk(log, argv[i], end_ms);
    g_autoptr(ShowShots) shots = direct(log, sources, end_ms);
    EditHighlightSettings settings;
    edit_highlight_defaults(&settings);
    double rounds_ms[ROUNDS];
    guint pieces = 0;
    for (int i = 0; i < ROUNDS; i++) {
        gint64 begin_us = g_get_monotonic_time();
        g_autoptr(GArray) spans = edit_spans(log, sources, 0, end_ms);
        g_autoptr(ShowHighlights) highlights = edit_highlights(spans, sources, shots, &settings);
        rounds_ms[i] = (double)(g_get_monotonic_time() - begin_us) / 1000;
        pieces = highlights->pieces->len;
    }
    qsort(rounds_ms, ROUNDS, sizeof *rounds_ms, compare);
    printf("show_hours=%.2f events=%u shots=%u pieces=%u ms=%.1f (median of %d), most=%.1f\n",
           (double)end_ms / 3600000, log->events->len, shots->shots->len, pieces,
           rounds_ms[ROUNDS / 2], ROUNDS, rounds_ms[ROUNDS - 1]);
    return 0;
}
