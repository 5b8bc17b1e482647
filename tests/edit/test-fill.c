/* Which recording stands in where a camera has no picture. */
#include <edit/fill.h>

#include <string.h>

/* "0-5000 7000-20000" */
static GArray *covered(const char *text)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (int i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        ShowGap span = {g_ascii_strtoll(words[i], NULL, 10),
                        g_ascii_strtoll(strchr(words[i], '-') + 1, NULL, 10)};
        g_array_append_val(spans, span);
    }
    return spans;
}

/* "0 cam_1 5000 cam_2" */
static ShowShots *shots_of(const char *text, gint64 start_ms)
{
    ShowShots *shots = show_shots_new();
    shots->rate = (ShowRate){30, 1};
    shots->start_ms = start_ms;
    shots->duration_ms = 20000;
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (int i = 0; words[i] != NULL; i += 2)
        show_shots_add(shots, g_ascii_strtoll(words[i], NULL, 10), words[i + 1], "why");
    return shots;
}

static void check(const char *shown, const char *iso, const char *local, const char *program,
                  const char *on_air, const char *wanted)
{
    g_autoptr(ShowShots) shots = shots_of(shown, 0), live = shots_of(on_air, 0);
    g_autoptr(GArray) first = covered(iso), second = covered(local), third = covered(program);
    g_autoptr(GArray) all = covered("0-20000");
    const EditRecording recordings[] = {{"cam_1", "cam_1", first, NULL},
                                        {"cam_2", "cam_2", all, NULL},
                                        {"local", "cam_1", second, NULL},
                                        {"program", NULL, third, live}};
    g_autoptr(ShowShots) filled = edit_fill(shots, recordings, G_N_ELEMENTS(recordings));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < filled->shots->len; i++) {
        const ShowShot *shot = filled->shots->pdata[i];
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT " %s", i > 0 ? " " : "", shot->t_ms,
                               shot->source);
        g_assert_cmpstr(shot->reason, ==, "why");
    }
    g_assert_cmpstr(text->str, ==, wanted);
    g_assert_cmpint(filled->duration_ms, ==, 20000);
}

static void test_whole_stays(void)
{
    check("0 cam_1 5000 cam_2", "0-20000", "0-20000", "0-20000", "0 cam_1", "0 cam_1 5000 cam_2");
}

static void test_own_device(void)
{
    check("0 cam_1 10000 cam_2", "0-4000 6000-20000", "0-20000", "0-20000", "0 cam_1",
          "0 cam_1 4000 local 6000 cam_1 10000 cam_2");
}

static void test_program(void)
{
    check("0 cam_1", "0-4000 5000-20000", "", "0-20000", "0 cam_1",
          "0 cam_1 4000 program 5000 cam_1");
    /* somebody else was on air: a second of that is worse than a second of nothing … */
    check("0 cam_1", "0-4000 5000-20000", "", "0-20000", "0 cam_2", "0 cam_1");
    /* … and three are not */
    check("0 cam_1", "0-4000 7000-20000", "", "0-20000", "0 cam_2",
          "0 cam_1 4000 program 7000 cam_1");
}

static void test_one_behind_the_other(void)
{
    check("0 cam_1", "0-4000 9000-20000", "3000-6000", "0-20000", "0 cam_1",
          "0 cam_1 4000 local 6000 program 9000 cam_1");
    check("0 cam_1", "0-4000 9000-20000", "6000-20000", "0-5000", "0 cam_1",
          "0 cam_1 4000 program 5000 cam_1 6000 local 9000 cam_1");
}

static void test_short_holes_are_held(void)
{
    check("0 cam_1", "0-4000 4150-20000", "0-20000", "0-20000", "0 cam_1", "0 cam_1");
    check("0 cam_1", "0-4000 4200-20000", "0-20000", "0-20000", "0 cam_1",
          "0 cam_1 4000 local 4200 cam_1");
}

static void test_tail(void)
{
    check("0 cam_1", "0-12000", "0-20000", "", "0 cam_1", "0 cam_1 12000 local");
    check("0 cam_1", "0-12000", "", "", "0 cam_1", "0 cam_1");
    check("0 cam_2 8000 cam_1", "", "", "", "0 cam_1", "0 cam_2 8000 cam_1");
}

/* What has no recording in the list is nobody's to fill. */
static void test_unknown(void)
{
    check("0 cam_9", "", "0-20000", "0-20000", "0 cam_9", "0 cam_9");
}

/* Nobody was there to be shown. */
static void test_black(void)
{
    check("0 cam_2 4000  9000 cam_2", "", "", "0-7000", "0 cam_3",
          "0 cam_2 4000 program 7000  9000 cam_2");
    check("0 cam_2 4000 ", "", "", "", "0 cam_3", "0 cam_2 4000 ");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edit/fill/what-is-whole-stays", test_whole_stays);
    g_test_add_func("/edit/fill/its-own-device-stands-in", test_own_device);
    g_test_add_func("/edit/fill/the-program-stands-in-where-it-shows-it", test_program);
    g_test_add_func("/edit/fill/one-after-the-other", test_one_behind_the_other);
    g_test_add_func("/edit/fill/short-holes-are-held", test_short_holes_are_held);
    g_test_add_func("/edit/fill/a-missing-tail", test_tail);
    g_test_add_func("/edit/fill/leaves-alone-what-it-does-not-know", test_unknown);
    g_test_add_func("/edit/fill/the-program-stands-in-for-black", test_black);
    return g_test_run();
}
