/* Which pieces of a program are worth showing again: the densest windows, one after the other,
 * each weighed down by how much its people have had already. */
#include <edit/highlights.h>

#include "people-private.h"
#include "windows-private.h"

#include <edit/frames.h>

#include <string.h>

/* Below this share of speech a window is not worth showing. */
#define DENSITY_MIN 0.5
/* What a person costs who has had all of the highlights so far, against one who has had nothing. */
#define PEOPLE_WEIGHT 0.35
/* What lies beyond the wanted total costs this for each ideal length. */
#define BEYOND_WEIGHT 0.2
/* What time costs that is left beside a piece and hardly long enough for another. */
#define HOLE_WEIGHT 0.05
/* Pieces this close look like one: as costly as the worst hole. */
enum { TOUCH_MS = 1000 };
/* A person with less of a piece's speech than this is not named. */
#define NAMED_SHARE 0.05

void edit_highlight_defaults(EditHighlightSettings *settings)
{
    *settings = (EditHighlightSettings){
        .target_ms = 60000,
        .total_min_ms = 60000,
        .total_max_ms = 600000,
        .piece_min_ms = 8000,
        .piece_max_ms = 30000,
        .before_ms = 700,
        .after_ms = 700,
    };
}

const char *edit_highlight_check(const EditHighlightSettings *settings)
{
    if (settings->piece_min_ms < 1000 || settings->piece_min_ms > 300000)
        return "the shortest piece: expected 1 to 300 seconds";
    if (settings->piece_max_ms < settings->piece_min_ms || settings->piece_max_ms > 600000)
        return "the longest piece: expected no less than the shortest and at most 600 seconds";
    if (settings->total_max_ms < 1000 || settings->total_max_ms > 3600000)
        return "the longest total: expected 1 to 3600 seconds";
    if (settings->target_ms < settings->piece_min_ms)
        return "the wanted total is shorter than the shortest piece";
    if (settings->target_ms > settings->total_max_ms)
        return "the wanted total is longer than the longest total";
    if (settings->total_min_ms < 0 || settings->total_min_ms > settings->target_ms)
        return "the shortest total: expected 0 seconds to the wanted total";
    if (settings->before_ms < 500 || settings->before_ms > 1000)
        return "before the first word: expected 0.5 to 1.0 seconds";
    if (settings->after_ms < 500 || settings->after_ms > 1000)
        return "after the last word: expected 0.5 to 1.0 seconds";
    return NULL;
}

/* ---- choosing ---- */

typedef struct Chooser {
    const EditHighlightSettings *settings;
    const GArray *windows; /* EditWindow */
    GArray *chosen;        /* guint: indexes of windows */
    gint64 total_ms;
    gint64 had_ms[SHOW_SOURCES_MAX]; /* speech of each person in what is chosen */
} Chooser;

static gint64 length_ms(const EditWindow *window)
{
    return window->end_ms - window->start_ms;
}

static const EditWindow *window_at(const Chooser *chooser, guint index)
{
    return &g_array_index(chooser->windows, EditWindow, index);
}

/* 0: nobody of this window was heard yet; 1: only they were. */
static double had_share(const Chooser *chooser, const EditWindow *window)
{
    gint64 had_ms = 0, here_ms = 0;
    double share = 0;
    for (int i = 0; i < SHOW_SOURCES_MAX; i++) {
        had_ms += chooser->had_ms[i];
        here_ms += window->speech_ms[i];
        share += (double)chooser->had_ms[i] * (double)window->speech_ms[i];
    }
    return had_ms > 0 && here_ms > 0 ? share / ((double)had_ms * (double)here_ms) : 0;
}

static double worth(const Chooser *chooser, const EditWindow *window)
{
    gint64 beyond_ms = chooser->total_ms + length_ms(window) - chooser->settings->target_ms;
    double beyond = MAX(0, (double)beyond_ms / (double)chooser->settings->piece_min_ms);
    return window->quality - PEOPLE_WEIGHT * had_share(chooser, window) - BEYOND_WEIGHT * beyond;
}

/* Time beside this window that another piece could hardly use, as a share of the shortest piece. */
static double hole_beside(const Chooser *chooser, const EditWindow *window)
{
    gint64 shortest_ms = chooser->settings->piece_min_ms, hole_ms = 0;
    for (guint i = 0; i < chooser->chosen->len; i++) {
        const EditWindow *other = window_at(chooser, g_array_index(chooser->chosen, guint, i));
        gint64 between_ms = window->start_ms >= other->end_ms ? window->start_ms - other->end_ms
                                                              : other->start_ms - window->end_ms;
        if (between_ms >= 0 && between_ms < 2 * shortest_ms)
            hole_ms += between_ms < TOUCH_MS ? 2 * shortest_ms : between_ms;
    }
    return (double)hole_ms / (double)shortest_ms;
}

static gboolean fits(const Chooser *chooser, const EditWindow *window)
{
    if (window->density < DENSITY_MIN ||
        chooser->total_ms + length_ms(window) > chooser->settings->total_max_ms)
        return FALSE;
    for (guint i = 0; i < chooser->chosen->len; i++) {
        const EditWindow *other = window_at(chooser, g_array_index(chooser->chosen, guint, i));
        if (window->start_ms < other->end_ms && other->start_ms < window->end_ms)
            return FALSE;
    }
    return TRUE;
}

/* Enough: the wanted total is there, or nearer than one more piece would bring it. */
static gboolean is_enough(const Chooser *chooser)
{
    const EditHighlightSettings *settings = chooser->settings;
    return chooser->total_ms >= settings->total_min_ms &&
           settings->target_ms - chooser->total_ms < settings->piece_min_ms / 2;
}

/* Index of the best window that fits, or windows->len. The first of equals. */
static guint best_window(const Chooser *chooser)
{
    guint best = chooser->windows->len;
    double most = -G_MAXDOUBLE;
    for (guint i = 0; i < chooser->windows->len; i++) {
        const EditWindow *window = window_at(chooser, i);
        double value = worth(chooser, window);
        if (value <= most || !fits(chooser, window))
            continue;
        value -= HOLE_WEIGHT * hole_beside(chooser, window);
        if (value > most) {
            most = value;
            best = i;
        }
    }
    return best;
}

static void choose_all(Chooser *chooser)
{
    while (!is_enough(chooser)) {
        guint best = best_window(chooser);
        if (best == chooser->windows->len)
            return;
        const EditWindow *window = window_at(chooser, best);
        for (int i = 0; i < SHOW_SOURCES_MAX; i++)
            chooser->had_ms[i] += window->speech_ms[i];
        chooser->total_ms += length_ms(window);
        g_array_append_val(chooser->chosen, best);
    }
}

static gint compare_indexes(gconstpointer a, gconstpointer b)
{
    guint left = *(const guint *)a, right = *(const guint *)b;
    return left < right ? -1 : left > right;
}

/* ---- saying it ---- */

/* Most speech first: takes the next person out of `speech_ms`; -1 when nobody is left. */
static int take_loudest(gint64 speech_ms[SHOW_SOURCES_MAX], gint64 least_ms)
{
    int most = -1;
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        if (speech_ms[i] > least_ms && (most < 0 || speech_ms[i] > speech_ms[most]))
            most = i;
    if (most >= 0)
        speech_ms[most] = 0;
    return most;
}

static void name_people(ShowPiece *piece, const EditWindow *window, const GPtrArray *sources)
{
    gint64 left_ms[SHOW_SOURCES_MAX], all_ms = 0;
    memcpy(left_ms, window->speech_ms, sizeof left_ms);
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        all_ms += left_ms[i];
    g_autoptr(GPtrArray) labels = g_ptr_array_new();
    int person = -1;
    while ((person = take_loudest(left_ms, (gint64)((double)all_ms * NAMED_SHARE))) >= 0) {
        if (person >= (int)sources->len)
            continue;
        const ShowSource *source = sources->pdata[person];
        g_ptr_array_add(piece->people, g_strdup(source->id));
        g_ptr_array_add(labels, source->label);
    }
    g_autofree char *names = edit_people_text(labels);
    g_free(piece->reason);
    piece->reason = g_strdup_printf("%s, %d %% speech, %d %s", labels->len > 0 ? names : "nobody",
                                    (int)edit_round(window->density * 100), window->cuts,
                                    window->cuts == 1 ? "cut" : "cuts");
}

static char *note_for(const Chooser *chooser, const GArray *spans, const ShowShots *shots)
{
    const EditHighlightSettings *settings = chooser->settings;
    double shortest_s = (double)settings->piece_min_ms / 1000;
    if (shots->duration_ms < settings->piece_min_ms)
        return g_strdup_printf("no piece: the program lasts %.1f s and the shortest piece %.1f s",
                               (double)shots->duration_ms / 1000, shortest_s);
    if (spans->len == 0)
        return g_strdup("no piece: nobody speaks");
    if (chooser->chosen->len == 0)
        return g_strdup_printf("no piece: nowhere do people speak for most of %.1f s", shortest_s);
    gint64 missing_ms = settings->target_ms - chooser->total_ms;
    gint64 slack_ms = MAX(settings->piece_min_ms / 2, settings->target_ms / 20);
    if (missing_ms > slack_ms || chooser->total_ms < settings->total_min_ms)
        return g_strdup_printf("%.1f s instead of %.1f s: there is no more dense speech",
                               (double)chooser->total_ms / 1000,
                               (double)settings->target_ms / 1000);
    return NULL;
}

/* at_frame: where it begins in the highlights, and where the next one does. */
static ShowPiece *add_piece(ShowHighlights *highlights, const EditWindow *window,
                            const GPtrArray *sources, ShowRate rate, gint64 *at_frame)
{
    ShowPiece *piece = show_piece_new(window->start_ms, window->end_ms);
    piece->at_ms = show_rate_ms(rate, *at_frame);
    *at_frame += window->end_frame - window->first_frame;
    piece->score = (double)edit_round(window->density * 1000) / 1000;
    name_people(piece, window, sources);
    g_ptr_array_add(highlights->pieces, piece);
    return piece;
}

static void add_pieces(ShowHighlights *highlights, const Chooser *chooser, const GPtrArray *sources,
                       ShowRate rate)
{
    gint64 at_frame = 0;
    for (guint i = 0; i < chooser->chosen->len; i++)
        add_piece(highlights, window_at(chooser, g_array_index(chooser->chosen, guint, i)), sources,
                  rate, &at_frame);
}

ShowHighlights *edit_highlights(const GArray *spans, const GPtrArray *sources,
                                const ShowShots *shots, const EditHighlightSettings *settings)
{
    g_autoptr(GArray) windows = edit_windows_new(spans, shots, settings);
    g_autoptr(GArray) chosen = g_array_new(FALSE, FALSE, sizeof(guint));
    Chooser chooser = {.settings = settings, .windows = windows, .chosen = chosen};
    choose_all(&chooser);
    g_array_sort(chosen, compare_indexes); /* windows ascend in time */
    ShowHighlights *highlights = show_highlights_new();
    add_pieces(highlights, &chooser, sources, edit_shots_rate(shots));
    highlights->note = note_for(&chooser, spans, shots);
    return highlights;
}

/* ---- chosen by hand ---- */

const char *edit_pieces_check(const EditPiece *pieces, guint count)
{
    gint64 total_ms = 0, before_ms = 0;
    if (count < 1 || count > EDIT_PIECES_MAX)
        return "expected 1 to 60 pieces";
    for (guint i = 0; i < count; i++) {
        if (pieces[i].start_ms < before_ms)
            return "expected pieces in time order that do not overlap";
        if (pieces[i].end_ms > SHOW_T_MS_MAX || pieces[i].end_ms - pieces[i].start_ms < 1000)
            return "expected pieces of a second at least";
        total_ms += pieces[i].end_ms - pieces[i].start_ms;
        before_ms = pieces[i].end_ms;
    }
    return total_ms <= 600000 ? NULL : "expected ten minutes at most, all pieces together";
}

ShowHighlights *edit_highlights_chosen(const GArray *spans, const GPtrArray *sources,
                                       const ShowShots *shots, const EditPiece *pieces, guint count)
{
    ShowHighlights *highlights = show_highlights_new();
    gint64 at_frame = 0;
    guint missing = 0;
    for (guint i = 0; i < count; i++) {
        EditWindow window;
        if (!edit_window_at(spans, shots, pieces[i].start_ms, pieces[i].end_ms, &window)) {
            missing++;
            continue;
        }
        ShowPiece *piece =
            add_piece(highlights, &window, sources, edit_shots_rate(shots), &at_frame);
        g_autofree char *said = g_steal_pointer(&piece->reason);
        piece->reason = g_strconcat(said, "; chosen by hand", NULL);
    }
    if (missing > 0)
        highlights->note =
            g_strdup_printf("%u of %u pieces lie beyond the program", missing, count);
    return highlights;
}
