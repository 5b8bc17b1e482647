/* Pieces of a program: what always holds, and what is preferred. */
#include <edit/highlights.h>

#include "random-show.h"

#include <math.h>
#include <string.h>

enum { PAUSE_MS = 200, NEAR_MS = 1000 };

static ShowShots *shots_new(ShowRate rate, gint64 frames)
{
    ShowShots *shots = show_shots_new();
    shots->rate = rate;
    shots->duration_ms = show_rate_ms(rate, frames);
    show_shots_add(shots, 0, "cam_1", "opening");
    return shots;
}

static void add_span(GArray *spans, gint64 start_ms, gint64 end_ms, int source)
{
    EditSpan span = {start_ms, end_ms, source};
    g_array_append_val(spans, span);
}

static const ShowPiece *piece_at(const ShowHighlights *highlights, guint index)
{
    return highlights->pieces->pdata[index];
}

/* ---- what always holds ---- */

typedef struct Show {
    GPtrArray *sources;
    GArray *spans;
    ShowShots *shots;
    EditHighlightSettings settings;
} Show;

static const ShowRate rates[] = {{24000, 1001}, {25, 1}, {30000, 1001}, {30, 1}, {60, 1}};

static Show random_show(guint32 seed)
{
    GRand *random = g_rand_new_with_seed(seed);
    Show show = {.sources = random_sources(1 + seed % 5, TRUE)};
    ShowRate rate = rates[seed % G_N_ELEMENTS(rates)];
    show.shots = shots_new(rate, g_rand_int_range(random, 1, 20000));
    show.shots->start_ms = g_rand_int_range(random, 0, 9000);
    gint64 end_ms = show.shots->start_ms + show.shots->duration_ms + 5000;
    for (gint64 t_ms = 0; t_ms < show.shots->duration_ms;
         t_ms += g_rand_int_range(random, 700, 15000))
        if (t_ms > 0)
            show_shots_add(show.shots, show_rate_ms(rate, show_rate_frame(rate, t_ms)), "wide",
                           "speaks");
    g_autoptr(ShowLog) log = random_log(seed, show.sources, end_ms);
    show.spans = edit_spans(log, show.sources, 0, end_ms);
    edit_highlight_defaults(&show.settings);
    show.settings.piece_min_ms = g_rand_int_range(random, 1000, 9000);
    show.settings.piece_max_ms = show.settings.piece_min_ms + g_rand_int_range(random, 0, 30000);
    show.settings.target_ms = g_rand_int_range(random, 10000, 200000);
    show.settings.total_max_ms = show.settings.target_ms + g_rand_int_range(random, 0, 60000);
    show.settings.total_min_ms = show.settings.target_ms / 2;
    show.settings.before_ms = g_rand_int_range(random, 500, 1001);
    show.settings.after_ms = g_rand_int_range(random, 500, 1001);
    g_assert_null(edit_highlight_check(&show.settings));
    g_rand_free(random);
    return show;
}

static void show_clear(Show *show)
{
    g_ptr_array_unref(show->sources);
    g_array_unref(show->spans);
    show_shots_free(show->shots);
}

static void assert_on_frame(ShowRate rate, gint64 t_ms)
{
    g_assert_cmpint(show_rate_ms(rate, show_rate_frame(rate, t_ms)), ==, t_ms);
}

static void assert_pieces_hold(const Show *show, const ShowHighlights *highlights)
{
    gint64 frame = 0;
    for (guint i = 0; i < highlights->pieces->len; i++) {
        const ShowPiece *piece = piece_at(highlights, i);
        ShowRate rate = show->shots->rate;
        g_assert_cmpint(piece->start_ms, >=, i > 0 ? piece_at(highlights, i - 1)->end_ms : 0);
        g_assert_cmpint(piece->end_ms, <=, show->shots->duration_ms);
        g_assert_cmpint(piece->end_ms - piece->start_ms, >=, show->settings.piece_min_ms);
        g_assert_cmpint(piece->end_ms - piece->start_ms, <=, show->settings.piece_max_ms);
        assert_on_frame(rate, piece->start_ms);
        assert_on_frame(rate, piece->end_ms);
        g_assert_cmpint(piece->at_ms, ==, show_rate_ms(rate, frame));
        frame += show_rate_frame(rate, piece->end_ms) - show_rate_frame(rate, piece->start_ms);
        g_assert_cmpfloat(piece->score, >=, 0.5);
        g_assert_cmpfloat(piece->score, <=, 1);
        g_assert_cmpuint(piece->people->len, >, 0);
        g_assert_nonnull(piece->reason);
    }
    g_assert_cmpint(show_highlights_total_ms(highlights), <=, show->settings.total_max_ms);
    if (show_highlights_total_ms(highlights) < show->settings.total_min_ms)
        g_assert_nonnull(highlights->note);
}

static void test_pieces_never_overlap_and_keep_the_caps(void)
{
    guint pieces = 0;
    for (guint seed = 0; seed < 150; seed++) {
        Show show = random_show(seed);
        g_autoptr(ShowHighlights) highlights =
            edit_highlights(show.spans, show.sources, show.shots, &show.settings);
        assert_pieces_hold(&show, highlights);
        pieces += highlights->pieces->len;
        show_clear(&show);
    }
    g_assert_cmpuint(pieces, >, 300);
}

static void test_same_show_gives_the_same_bytes(void)
{
    for (guint seed = 0; seed < 40; seed++) {
        char *texts[2];
        for (int i = 0; i < 2; i++) {
            Show show = random_show(seed);
            g_autoptr(ShowHighlights) highlights =
                edit_highlights(show.spans, show.sources, show.shots, &show.settings);
            json_t *value = show_highlights_to_json(highlights);
            texts[i] = show_json_text(value, TRUE);
            json_decref(value);
            show_clear(&show);
        }
        g_assert_cmpstr(texts[0], ==, texts[1]);
        g_free(texts[0]);
        g_free(texts[1]);
    }
}

/* Does anybody speak at t, and how far is it to a pause of PAUSE_MS (of everybody)? */
static gint64 distance_to_pause(const Show *show, gint64 t_ms)
{
    for (gint64 far_ms = 0; far_ms <= NEAR_MS; far_ms += 10)
        for (int side = -1; side <= 1; side += 2) {
            gint64 at_ms = show->shots->start_ms + t_ms + side * far_ms;
            gint64 silent_from = G_MININT64 / 2, silent_until = G_MAXINT64 / 2;
            gboolean spoken = FALSE;
            for (guint i = 0; i < show->spans->len; i++) {
                const EditSpan *span = &g_array_index(show->spans, EditSpan, i);
                spoken = spoken || (span->start_ms <= at_ms && at_ms < span->end_ms);
                if (span->end_ms <= at_ms)
                    silent_from = MAX(silent_from, span->end_ms);
                if (span->start_ms > at_ms)
                    silent_until = MIN(silent_until, span->start_ms);
            }
            if (!spoken && silent_until - silent_from >= PAUSE_MS)
                return far_ms;
        }
    return G_MAXINT64;
}

static void test_edges_lie_in_pauses_when_one_is_near(void)
{
    guint in_pause = 0;
    for (guint seed = 0; seed < 60; seed++) {
        Show show = random_show(seed);
        g_autoptr(ShowHighlights) highlights =
            edit_highlights(show.spans, show.sources, show.shots, &show.settings);
        for (guint i = 0; i < highlights->pieces->len; i++) {
            const ShowPiece *piece = piece_at(highlights, i);
            gint64 edges[] = {piece->start_ms, piece->end_ms};
            for (int edge = 0; edge < 2; edge++) {
                gint64 far_ms = distance_to_pause(&show, edges[edge]);
                g_assert_true(far_ms == 0 || far_ms > NEAR_MS || edges[edge] == 0 ||
                              edges[edge] == show.shots->duration_ms);
                in_pause += far_ms == 0;
            }
        }
        show_clear(&show);
    }
    g_assert_cmpuint(in_pause, >, 150);
}

/* ---- what is preferred ---- */

typedef struct Case {
    GPtrArray *sources;
    GArray *spans;
    ShowShots *shots;
    EditHighlightSettings settings;
} Case;

static Case case_new(gint64 seconds)
{
    Case wanted = {random_sources(2, FALSE),
                   g_array_new(FALSE, FALSE, sizeof(EditSpan)),
                   shots_new((ShowRate){25, 1}, seconds * 25),
                   {0}};
    edit_highlight_defaults(&wanted.settings);
    return wanted;
}

static ShowHighlights *case_run(const Case *wanted)
{
    return edit_highlights(wanted->spans, wanted->sources, wanted->shots, &wanted->settings);
}

static void case_clear(Case *wanted)
{
    g_ptr_array_unref(wanted->sources);
    g_array_unref(wanted->spans);
    show_shots_free(wanted->shots);
}

static void test_dense_speech_is_preferred(void)
{
    Case show = case_new(400);
    for (gint64 t_ms = 10000; t_ms < 100000; t_ms += 4000) /* half of the time */
        add_span(show.spans, t_ms, t_ms + 2100, 0);
    for (gint64 t_ms = 200000; t_ms < 300000; t_ms += 4000) /* nine tenths */
        add_span(show.spans, t_ms, t_ms + 3600, 0);
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    g_assert_cmpuint(highlights->pieces->len, >, 2);
    for (guint i = 0; i < highlights->pieces->len; i++)
        g_assert_cmpint(piece_at(highlights, i)->start_ms, >=, 199000);
    case_clear(&show);
}

static void test_few_cuts_are_preferred(void)
{
    Case show = case_new(400);
    for (gint64 t_ms = 10000; t_ms < 390000; t_ms += 4000)
        add_span(show.spans, t_ms, t_ms + 3600, 0);
    for (gint64 t_ms = 1000; t_ms < 250000; t_ms += 1000)
        show_shots_add(show.shots, t_ms, t_ms % 2000 == 0 ? "cam_1" : "cam_2", "speaks");
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    for (guint i = 0; i < highlights->pieces->len; i++)
        g_assert_cmpint(piece_at(highlights, i)->start_ms, >=, 240000);
    case_clear(&show);
}

static void test_pieces_spread_over_people(void)
{
    Case show = case_new(600);
    for (gint64 t_ms = 10000; t_ms < 590000; t_ms += 20000) /* the host speaks a little denser */
        for (gint64 i = 0; i < 4; i++)
            add_span(show.spans, t_ms + i * 4000, t_ms + i * 4000 + (t_ms < 400000 ? 3700 : 3500),
                     t_ms < 400000 ? 0 : 1);
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    guint guest = 0;
    for (guint i = 0; i < highlights->pieces->len; i++)
        guest += strcmp(piece_at(highlights, i)->people->pdata[0], "cam_2") == 0;
    g_assert_cmpuint(guest, >=, 2);
    g_assert_cmpuint(highlights->pieces->len - guest, >=, 2);
    case_clear(&show);
}

static void test_total_is_what_was_asked_for(void)
{
    Case show = case_new(900);
    for (gint64 t_ms = 5000; t_ms < 890000; t_ms += 4000)
        add_span(show.spans, t_ms, t_ms + 3500, (int)(t_ms / 40000 % 2));
    for (gint64 target_ms = 60000; target_ms <= 240000; target_ms *= 2) {
        show.settings.target_ms = target_ms;
        g_autoptr(ShowHighlights) highlights = case_run(&show);
        g_assert_cmpint(show_highlights_total_ms(highlights), >=, target_ms - 4000);
        g_assert_cmpint(show_highlights_total_ms(highlights), >=, show.settings.total_min_ms);
        g_assert_cmpint(show_highlights_total_ms(highlights), <=, target_ms + 8000);
        g_assert_null(highlights->note);
    }
    case_clear(&show);
}

static void test_fewer_than_asked_for_is_said(void)
{
    Case show = case_new(900);
    for (gint64 t_ms = 5000; t_ms < 890000; t_ms += 4000)
        add_span(show.spans, t_ms, t_ms + 3500, 0);
    show.settings.target_ms = show.settings.total_max_ms = 880000; /* nearly all of it */
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    g_assert_cmpint(show_highlights_total_ms(highlights), >=, 500000);
    g_assert_nonnull(strstr(highlights->note, "s instead of 880.0 s: there is no more"));
    case_clear(&show);
}

static void test_leaves_time_before_and_after(void)
{
    Case show = case_new(60);
    add_span(show.spans, 20000, 30000, 1);
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    g_assert_cmpuint(highlights->pieces->len, ==, 1);
    const ShowPiece *piece = piece_at(highlights, 0);
    g_assert_cmpint(piece->start_ms, <=, 19500);
    g_assert_cmpint(piece->start_ms, >=, 19000);
    g_assert_cmpint(piece->end_ms, >=, 30500);
    g_assert_cmpint(piece->end_ms, <=, 31000);
    g_assert_cmpstr(piece->reason, ==, "Person 2, 100 % speech, 0 cuts");
    g_assert_cmpstr(highlights->note, ==,
                    "11.4 s instead of 60.0 s: there is no more dense speech");
    case_clear(&show);
}

static void test_a_monologue_without_pauses_is_cut(void)
{
    Case show = case_new(300);
    add_span(show.spans, 10000, 290000, 0);
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    g_assert_cmpint(show_highlights_total_ms(highlights), >=, 60000);
    case_clear(&show);
}

static void test_reason_names_all_who_speak(void)
{
    Case show = case_new(60);
    add_span(show.spans, 20000, 23000, 1);
    add_span(show.spans, 23300, 30000, 0);
    show_shots_add(show.shots, 23320, "cam_2", "speaks");
    g_autoptr(ShowHighlights) highlights = case_run(&show);
    g_assert_cmpuint(highlights->pieces->len, ==, 1);
    g_assert_cmpstr(piece_at(highlights, 0)->reason, ==,
                    "Person 1 and Person 2, 97 % speech, 1 cut");
    g_assert_cmpstr(piece_at(highlights, 0)->people->pdata[1], ==, "cam_2");
    case_clear(&show);
}

static void test_no_piece_says_why(void)
{
    Case silent = case_new(60), brief = case_new(2), sparse = case_new(60);
    add_span(sparse.spans, 10000, 10500, 0);
    add_span(sparse.spans, 40000, 40500, 0);
    g_autoptr(ShowHighlights) one = case_run(&silent);
    g_autoptr(ShowHighlights) two = case_run(&brief);
    g_autoptr(ShowHighlights) three = case_run(&sparse);
    g_assert_cmpuint(one->pieces->len + two->pieces->len + three->pieces->len, ==, 0);
    g_assert_cmpstr(one->note, ==, "no piece: nobody speaks");
    g_assert_cmpstr(two->note, ==,
                    "no piece: the program lasts 2.0 s and the shortest piece 8.0 s");
    g_assert_cmpstr(three->note, ==, "no piece: nowhere do people speak for most of 8.0 s");
    case_clear(&silent);
    case_clear(&brief);
    case_clear(&sparse);
}

static void test_settings_out_of_range_say_which(void)
{
    EditHighlightSettings settings;
    edit_highlight_defaults(&settings);
    g_assert_null(edit_highlight_check(&settings));
    settings.before_ms = 499;
    g_assert_cmpstr(edit_highlight_check(&settings), ==,
                    "before the first word: expected 0.5 to 1.0 seconds");
    edit_highlight_defaults(&settings);
    settings.target_ms = 5000;
    settings.total_min_ms = 5000;
    g_assert_cmpstr(edit_highlight_check(&settings), ==,
                    "the wanted total is shorter than the shortest piece");
    edit_highlight_defaults(&settings);
    settings.piece_max_ms = settings.piece_min_ms - 1;
    g_assert_nonnull(edit_highlight_check(&settings));
}

/* ---- chosen by hand ---- */

static void test_chosen_pieces_lie_on_frames(void)
{
    ShowRate rate = {30000, 1001};
    g_autoptr(GPtrArray) sources = random_sources(2, FALSE);
    g_autoptr(ShowShots) shots = shots_new(rate, 900); /* 30.03 s */
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    shots->start_ms = 500;
    show_shots_add(shots, show_rate_ms(rate, 150), "cam_2", "speaks");
    add_span(spans, 1500, 6500, 0); /* 1000 to 6000 of the program */
    add_span(spans, 4500, 5500, 1);
    const EditPiece wanted[] = {{1010, 11005}, {20000, 90000}};
    g_assert_null(edit_pieces_check(wanted, 2));
    g_autoptr(ShowHighlights) highlights = edit_highlights_chosen(spans, sources, shots, wanted, 2);
    g_assert_cmpuint(highlights->pieces->len, ==, 2);
    const ShowPiece *first = piece_at(highlights, 0), *second = piece_at(highlights, 1);
    g_assert_cmpint(first->start_ms, ==, show_rate_ms(rate, 30));
    g_assert_cmpint(first->end_ms, ==, show_rate_ms(rate, 330));
    g_assert_cmpint(second->start_ms, ==, show_rate_ms(rate, 599));
    g_assert_cmpint(second->end_ms, ==, shots->duration_ms);
    g_assert_cmpint(second->at_ms, ==, show_rate_ms(rate, 300));
    g_assert_cmpstr(first->reason, ==, "Person 1 and Person 2, 50 % speech, 1 cut; chosen by hand");
    g_assert_cmpstr(second->reason, ==, "nobody, 0 % speech, 0 cuts; chosen by hand");
    g_assert_cmpstr(first->people->pdata[0], ==, "cam_1");
    g_assert_null(highlights->note);
}

static void test_chosen_pieces_beyond_the_program_are_left_out(void)
{
    g_autoptr(GPtrArray) sources = random_sources(1, FALSE);
    g_autoptr(ShowShots) shots = shots_new((ShowRate){25, 1}, 250);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    const EditPiece wanted[] = {{0, 2000}, {10000, 12000}, {20000, 21000}};
    g_autoptr(ShowHighlights) highlights = edit_highlights_chosen(spans, sources, shots, wanted, 3);
    g_assert_cmpuint(highlights->pieces->len, ==, 1);
    g_assert_cmpstr(highlights->note, ==, "2 of 3 pieces lie beyond the program");
}

static void test_pieces_that_cannot_be_shown_say_why(void)
{
    static const struct {
        EditPiece pieces[2];
        const char *wrong;
    } cases[] = {
        {{{0, 999}, {5000, 7000}}, "a second"},
        {{{4000, 6000}, {5999, 8000}}, "overlap"},
        {{{8000, 9000}, {0, 2000}}, "order"},
        {{{-1, 2000}, {3000, 5000}}, "order"},
        {{{0, 300001}, {300001, 600001}}, "ten minutes"},
        {{{0, 2000}, {3000, G_MAXINT64}}, "a second"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *wrong = edit_pieces_check(cases[i].pieces, 2);
        if (wrong == NULL || strstr(wrong, cases[i].wrong) == NULL)
            g_error("case %zu: %s", i, wrong != NULL ? wrong : "good");
    }
    g_assert_nonnull(edit_pieces_check(cases[0].pieces, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func("/edit/highlights/" path, function)
    ADD("pieces-never-overlap-and-keep-the-caps", test_pieces_never_overlap_and_keep_the_caps);
    ADD("same-show-gives-the-same-bytes", test_same_show_gives_the_same_bytes);
    ADD("edges-lie-in-pauses-when-one-is-near", test_edges_lie_in_pauses_when_one_is_near);
    ADD("dense-speech-is-preferred", test_dense_speech_is_preferred);
    ADD("few-cuts-are-preferred", test_few_cuts_are_preferred);
    ADD("pieces-spread-over-people", test_pieces_spread_over_people);
    ADD("total-is-what-was-asked-for", test_total_is_what_was_asked_for);
    ADD("fewer-than-asked-for-is-said", test_fewer_than_asked_for_is_said);
    ADD("leaves-time-before-and-after", test_leaves_time_before_and_after);
    ADD("a-monologue-without-pauses-is-cut", test_a_monologue_without_pauses_is_cut);
    ADD("reason-names-all-who-speak", test_reason_names_all_who_speak);
    ADD("no-piece-says-why", test_no_piece_says_why);
    ADD("settings-out-of-range-say-which", test_settings_out_of_range_say_which);
    ADD("chosen-pieces-lie-on-frames", test_chosen_pieces_lie_on_frames);
    ADD("chosen-pieces-beyond-the-program-are-left-out",
        test_chosen_pieces_beyond_the_program_are_left_out);
    ADD("pieces-that-cannot-be-shown-say-why", test_pieces_that_cannot_be_shown_say_why);
    return g_test_run();
}
