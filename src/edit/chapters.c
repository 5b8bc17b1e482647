/* Chapter marks: where somebody begins to speak at length. Short remarks of others do not end a
 * turn; a long show has its chapters at least a minute apart. */
#include <edit/chapters.h>

#include "speech-private.h"

#include <edit/frames.h>
#include <show/limits.h>
#include <show/source.h>

enum {
    TURN_MS = 20000,      /* this long one speaks: a turn worth a mark */
    REMARK_MS = 4000,     /* what others say in less than this does not end a turn */
    PAUSE_MS = 5000,      /* of the speaker; longer ends the turn */
    BREATH_MS = 1500,     /* pauses that are no pauses here */
    APART_MS = 60000,     /* of long shows */
    APART_MIN_MS = 15000, /* of short ones: an eighth of the show, but this at least */
    CHAPTERS_MAX = 100,
};

typedef struct Turn {
    gint64 start_ms, end_ms; /* of the program */
    int source;
} Turn;

static void chapter_free(gpointer data)
{
    EditChapter *chapter = data;
    g_free(chapter->title);
    g_free(chapter);
}

static void keep_turn(GArray *turns, const Turn *turn)
{
    if (turn->source >= 0 && turn->end_ms > turn->start_ms)
        g_array_append_val(turns, *turn);
}

static GArray *turns_of(const GArray *spans, const ShowShots *shots)
{
    g_autoptr(GArray) merged = edit_spans_merged(spans, BREATH_MS);
    GArray *turns = g_array_new(FALSE, FALSE, sizeof(Turn));
    Turn turn = {0, 0, -1};
    for (guint i = 0; i < merged->len; i++) {
        const EditSpan *span = &g_array_index(merged, EditSpan, i);
        gint64 start_ms = MAX(0, span->start_ms - shots->start_ms);
        gint64 end_ms = MIN(shots->duration_ms, span->end_ms - shots->start_ms);
        gboolean goes_on = span->source == turn.source && start_ms - turn.end_ms < PAUSE_MS;
        if (end_ms <= start_ms || (!goes_on && turn.source >= 0 && end_ms <= turn.end_ms))
            continue; /* outside, or said while the turn lasts */
        if (goes_on) {
            turn.end_ms = MAX(turn.end_ms, end_ms);
        } else if (end_ms - start_ms >= REMARK_MS || start_ms - turn.end_ms >= PAUSE_MS) {
            keep_turn(turns, &turn);
            turn = (Turn){start_ms, end_ms, span->source};
        }
    }
    keep_turn(turns, &turn);
    return turns;
}

static gint64 apart_ms(gint64 duration_ms)
{
    if (duration_ms / 8 >= APART_MS)
        return MAX(APART_MS, duration_ms / CHAPTERS_MAX + 1);
    return CLAMP(duration_ms / 8, APART_MIN_MS, APART_MS);
}

static void add_chapter(GPtrArray *chapters, gint64 start_ms, int source, const GPtrArray *sources)
{
    if (source < 0 || source >= (int)sources->len)
        return;
    EditChapter *chapter = g_new0(EditChapter, 1);
    chapter->start_ms = start_ms;
    chapter->title = g_strdup(((const ShowSource *)sources->pdata[source])->label);
    g_ptr_array_add(chapters, chapter);
}

/* Who has most of the show until until_ms; -1 when nobody speaks. */
static int main_speaker(const GArray *turns, gint64 until_ms)
{
    gint64 spoken_ms[SHOW_SOURCES_MAX] = {0};
    int most = -1;
    for (guint i = 0; i < turns->len; i++) {
        const Turn *turn = &g_array_index(turns, Turn, i);
        if (turn->source < SHOW_SOURCES_MAX && turn->start_ms < until_ms)
            spoken_ms[turn->source] += MIN(turn->end_ms, until_ms) - turn->start_ms;
    }
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        if (spoken_ms[i] > 0 && (most < 0 || spoken_ms[i] > spoken_ms[most]))
            most = i;
    return most;
}

static gint64 on_frame(const ShowShots *shots, gint64 t_ms)
{
    ShowRate rate = edit_shots_rate(shots);
    return show_rate_ms(rate, show_rate_frame(rate, t_ms));
}

/* The turns that get a mark, in order: long, by another person than the mark before, far enough
 * from it and from the end. */
static GArray *marked_turns(const GArray *turns, const ShowShots *shots)
{
    GArray *marked = g_array_new(FALSE, FALSE, sizeof(Turn));
    gint64 gap_ms = apart_ms(shots->duration_ms);
    for (guint i = 0; i < turns->len && marked->len < CHAPTERS_MAX - 1; i++) {
        const Turn *turn = &g_array_index(turns, Turn, i);
        const Turn *last = marked->len > 0 ? &g_array_index(marked, Turn, marked->len - 1) : NULL;
        gint64 since_ms = last != NULL ? turn->start_ms - last->start_ms : gap_ms;
        gboolean same = last != NULL && last->source == turn->source;
        gboolean first = last == NULL && turn->start_ms < gap_ms;
        if (turn->end_ms - turn->start_ms < TURN_MS || same || (!first && since_ms < gap_ms))
            continue;
        Turn kept = *turn;
        kept.start_ms = first ? 0 : on_frame(shots, turn->start_ms);
        g_array_append_val(marked, kept);
    }
    return marked;
}

GPtrArray *edit_chapters(const GArray *spans, const GPtrArray *sources, const ShowShots *shots)
{
    GPtrArray *chapters = g_ptr_array_new_with_free_func(chapter_free);
    g_autoptr(GArray) turns = turns_of(spans, shots);
    g_autoptr(GArray) marked = marked_turns(turns, shots);
    gint64 first_ms =
        marked->len > 0 ? g_array_index(marked, Turn, 0).start_ms : shots->duration_ms;
    int opener = first_ms > 0 ? main_speaker(turns, first_ms) : -1;
    if (marked->len == 0 || opener != g_array_index(marked, Turn, 0).source)
        add_chapter(chapters, 0, opener, sources);
    /* Somebody is marked at 0, even where nobody else speaks before the first long turn. */
    for (guint i = 0; i < marked->len; i++) {
        const Turn *turn = &g_array_index(marked, Turn, i);
        add_chapter(chapters, chapters->len > 0 ? turn->start_ms : 0, turn->source, sources);
    }
    return chapters;
}
