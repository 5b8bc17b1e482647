/* Speech as intervals, and chapters from it. */
#include <edit/chapters.h>

#include "random-show.h"

static const EditSpan *span_at(const GArray *spans, guint index)
{
    return &g_array_index(spans, EditSpan, index);
}

static void assert_span(const GArray *spans, guint index, gint64 start_ms, gint64 end_ms,
                        int source)
{
    g_assert_cmpuint(index, <, spans->len);
    g_assert_cmpint(span_at(spans, index)->start_ms, ==, start_ms);
    g_assert_cmpint(span_at(spans, index)->end_ms, ==, end_ms);
    g_assert_cmpint(span_at(spans, index)->source, ==, source);
}

static void speak(ShowLog *log, const char *source, gint64 start_ms, gint64 end_ms)
{
    add_event(log, SHOW_EVENT_SPEAKING_START, source, start_ms + 100)->edge_t_ms = start_ms;
    add_event(log, SHOW_EVENT_SPEAKING_STOP, source, end_ms + 400)->edge_t_ms = end_ms;
}

static void test_spans_lie_at_the_edges(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_2", 5000, 7000);
    speak(log, "cam_1", 6000, 9000);
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_2", 20093); /* no edges: less the usual delay */
    add_event(log, SHOW_EVENT_SPEAKING_STOP, "cam_2", 22395);
    g_autoptr(GArray) spans = edit_spans(log, sources, 0, 60000);
    g_assert_cmpuint(spans->len, ==, 3);
    assert_span(spans, 0, 5000, 7000, 1);
    assert_span(spans, 1, 6000, 9000, 0);
    assert_span(spans, 2, 20000, 22000, 1);
}

static void test_short_pauses_are_closed(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 1000, 2000);
    speak(log, "cam_2", 2000, 2200); /* another's speech does not come between */
    speak(log, "cam_1", 2499, 4000);
    speak(log, "cam_1", 4500, 5000);
    g_autoptr(GArray) spans = edit_spans(log, sources, 500, 60000);
    g_assert_cmpuint(spans->len, ==, 3);
    assert_span(spans, 0, 1000, 4000, 0);
    assert_span(spans, 1, 2000, 2200, 1);
    assert_span(spans, 2, 4500, 5000, 0);
}

static void test_touching_spans_are_one(void)
{
    g_autoptr(GPtrArray) sources = random_sources(1, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "cam_1", 1000, 2000);
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 2410)->edge_t_ms = 2000;
    add_event(log, SHOW_EVENT_SPEAKING_STOP, "cam_1", 4400)->edge_t_ms = 4000;
    g_autoptr(GArray) spans = edit_spans(log, sources, 0, 60000);
    g_assert_cmpuint(spans->len, ==, 1);
    assert_span(spans, 0, 1000, 4000, 0);
}

static void test_what_never_stops_ends_with_the_show(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowLog) log = show_log_new();
    add_event(log, SHOW_EVENT_SPEAKING_STOP, "cam_1", 500); /* never began */
    speak(log, "cam_9", 1000, 2000);                        /* nobody knows them */
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_1", 3000)->edge_t_ms = 2900;
    add_event(log, SHOW_EVENT_SPEAKING_START, "cam_2", 4000)->edge_t_ms = 3900;
    add_event(log, SHOW_EVENT_SOURCE_LOST, "cam_2", 5000);
    g_autoptr(GArray) spans = edit_spans(log, sources, 0, 10000);
    g_assert_cmpuint(spans->len, ==, 2);
    assert_span(spans, 0, 2900, 10000, 0);
    assert_span(spans, 1, 3900, 5000, 1);
}

static void test_a_mic_is_its_camera(void)
{
    g_autoptr(GPtrArray) sources = random_sources(1, FALSE);
    ShowSource *mic = show_source_new("lavalier", "Mic", SHOW_ROLE_MIC);
    mic->camera = g_strdup("cam_1");
    g_ptr_array_add(sources, mic);
    g_autoptr(ShowLog) log = show_log_new();
    speak(log, "lavalier", 1000, 3000);
    speak(log, "cam_1", 2000, 4000);
    g_autoptr(GArray) spans = edit_spans(log, sources, 0, 10000);
    g_assert_cmpuint(spans->len, ==, 1);
    assert_span(spans, 0, 1000, 4000, 0);
}

static void test_spans_never_overlap_in_one_person(void)
{
    for (guint seed = 0; seed < 50; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(4, TRUE);
        g_autoptr(ShowLog) log = random_log(seed, sources, 120000);
        gint64 merge_ms = seed % 2 == 0 ? 0 : 700;
        g_autoptr(GArray) spans = edit_spans(log, sources, merge_ms, 100000);
        gint64 end_ms[16] = {0};
        for (guint i = 0; i < spans->len; i++) {
            const EditSpan *span = span_at(spans, i);
            g_assert_cmpint(span->start_ms, <, span->end_ms);
            g_assert_cmpint(span->end_ms, <=, 100000);
            if (i > 0)
                g_assert_cmpint(span->start_ms, >=, span_at(spans, i - 1)->start_ms);
            if (end_ms[span->source] > 0)
                g_assert_cmpint(span->start_ms - end_ms[span->source], >=, MAX(merge_ms, 1));
            end_ms[span->source] = span->end_ms;
        }
    }
}

/* ---- chapters ---- */

static ShowShots *program(gint64 duration_ms, gint64 start_ms)
{
    ShowShots *shots = show_shots_new();
    shots->rate = (ShowRate){25, 1};
    shots->duration_ms = duration_ms;
    shots->start_ms = start_ms;
    show_shots_add(shots, 0, "cam_1", "opening");
    return shots;
}

static void add_span(GArray *spans, gint64 start_ms, gint64 end_ms, int source)
{
    EditSpan span = {start_ms, end_ms, source};
    g_array_append_val(spans, span);
}

static void assert_chapter(const GPtrArray *chapters, guint index, gint64 start_ms,
                           const char *title)
{
    g_assert_cmpuint(index, <, chapters->len);
    const EditChapter *chapter = chapters->pdata[index];
    g_assert_cmpint(chapter->start_ms, ==, start_ms);
    g_assert_cmpstr(chapter->title, ==, title);
}

static void test_chapters_begin_with_long_turns(void)
{
    g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
    g_autoptr(ShowShots) shots = program(900000, 5000);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    add_span(spans, 7000, 105000, 0);
    add_span(spans, 60000, 62000, 1);   /* a remark */
    add_span(spans, 106000, 116000, 1); /* too short a turn */
    add_span(spans, 117000, 300000, 0);
    add_span(spans, 305010, 500000, 2);
    add_span(spans, 501000, 890000, 1);
    g_autoptr(GPtrArray) chapters = edit_chapters(spans, sources, shots);
    g_assert_cmpuint(chapters->len, ==, 3);
    assert_chapter(chapters, 0, 0, "Person 1");
    assert_chapter(chapters, 1, 300000, "Person 3"); /* on a frame */
    assert_chapter(chapters, 2, 496000, "Person 2");
}

static void test_chapters_of_a_talk_without_turns_are_one(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowShots) shots = program(600000, 0);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    for (gint64 t_ms = 0; t_ms < 600000; t_ms += 12000) {
        add_span(spans, t_ms, t_ms + 4500, 0);
        add_span(spans, t_ms + 5000, t_ms + 11500, 1);
    }
    g_autoptr(GPtrArray) chapters = edit_chapters(spans, sources, shots);
    g_assert_cmpuint(chapters->len, ==, 1);
    assert_chapter(chapters, 0, 0, "Person 2");
}

static void test_silence_has_no_chapters(void)
{
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowShots) shots = program(600000, 0);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    g_autoptr(GPtrArray) chapters = edit_chapters(spans, sources, shots);
    g_assert_cmpuint(chapters->len, ==, 0);
}

static void test_chapters_ascend_apart_and_are_few(void)
{
    for (guint seed = 0; seed < 60; seed++) {
        g_autoptr(GPtrArray) sources = random_sources(3, FALSE);
        gint64 duration_ms = seed < 50 ? 20000 + (gint64)seed * 60000 : (gint64)12 * 3600 * 1000;
        g_autoptr(ShowLog) log = random_log(seed, sources, duration_ms);
        g_autoptr(GArray) spans = edit_spans(log, sources, 1000, duration_ms);
        g_autoptr(ShowShots) shots = program(duration_ms, 0);
        g_autoptr(GPtrArray) chapters = edit_chapters(spans, sources, shots);
        g_assert_cmpuint(chapters->len, <=, 100);
        for (guint i = 0; i < chapters->len; i++) {
            const EditChapter *chapter = chapters->pdata[i];
            g_assert_cmpint(chapter->start_ms, <, duration_ms);
            g_assert_nonnull(chapter->title);
            if (i == 0) {
                g_assert_cmpint(chapter->start_ms, ==, 0);
                continue;
            }
            const EditChapter *before = chapters->pdata[i - 1];
            g_assert_cmpint(chapter->start_ms - before->start_ms, >=,
                            duration_ms >= 600000 ? 59000 : 14000);
            g_assert_cmpstr(chapter->title, !=, before->title);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func("/edit/" path, function)
    ADD("speech/spans-lie-at-the-edges", test_spans_lie_at_the_edges);
    ADD("speech/short-pauses-are-closed", test_short_pauses_are_closed);
    ADD("speech/touching-spans-are-one", test_touching_spans_are_one);
    ADD("speech/what-never-stops-ends-with-the-show", test_what_never_stops_ends_with_the_show);
    ADD("speech/a-mic-is-its-camera", test_a_mic_is_its_camera);
    ADD("speech/spans-never-overlap-in-one-person", test_spans_never_overlap_in_one_person);
    ADD("chapters/begin-with-long-turns", test_chapters_begin_with_long_turns);
    ADD("chapters/of-a-talk-without-turns-are-one", test_chapters_of_a_talk_without_turns_are_one);
    ADD("chapters/silence-has-none", test_silence_has_no_chapters);
    ADD("chapters/ascend-apart-and-are-few", test_chapters_ascend_apart_and_are_few);
    return g_test_run();
}
