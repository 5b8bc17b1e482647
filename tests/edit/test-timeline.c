/* The rule of which frame is shown, and what timelines do with names, paths and gaps. What real
 * readers make of whole timelines is in check-timelines.py. */
#include <edit/error.h>
#include <edit/frames.h>
#include <edit/timeline.h>

#include <jansson.h>
#include <string.h>

/* ---- the rule ---- */

static void test_the_nearest_frame_is_shown(void)
{
    ShowRate rate = {25, 1};
    g_assert_cmpint(edit_nearest_frame(rate, 0, 0), ==, 0);
    g_assert_cmpint(edit_nearest_frame(rate, 0, 0.0199), ==, 0);
    g_assert_cmpint(edit_nearest_frame(rate, 0, 0.0201), ==, 1);
    g_assert_cmpint(edit_nearest_frame(rate, 0, 1.001), ==, 25);
    g_assert_cmpint(edit_nearest_frame(rate, 0, -0.03), ==, -1);
}

static void test_the_earlier_of_two_is_shown(void)
{
    ShowRate rate = {25, 1};
    for (gint64 frame = 0; frame < 100000; frame += 37)
        g_assert_cmpint(edit_nearest_frame(rate, 0, ((double)frame + 0.5) / 25), ==, frame);
}

static void test_frames_count_from_the_first_picture(void)
{
    g_assert_cmpint(edit_nearest_frame((ShowRate){25, 1}, 0.08, 0.08), ==, 0);
    g_assert_cmpint(edit_nearest_frame((ShowRate){25, 1}, 0.08, 1.08), ==, 25);
}

static void test_no_time_overflows(void)
{
    ShowRate rate = {120, 1};
    g_assert_cmpint(edit_nearest_frame(rate, 0, 1e300), >, 0);
    g_assert_cmpint(edit_nearest_frame(rate, 0, -1e300), <, 0);
    g_assert_cmpint(edit_round(2.5), ==, 3);
    g_assert_cmpint(edit_round(-2.5), ==, -2);
    g_assert_cmpint(edit_ceil(-0.5), ==, 0);
    g_assert_cmpint(edit_ceil(7), ==, 7);
}

static void test_a_day_later_frames_are_still_exact(void)
{
    static const ShowRate rates[] = {{24000, 1001}, {25, 1}, {30000, 1001}, {60000, 1001}, {60, 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        ShowShots *shots = show_shots_new();
        shots->rate = rates[i];
        ShowClock clock = {0, 0};
        for (gint64 frame = 0; frame < 5184000; frame += 9973)
            g_assert_cmpint(edit_source_frame(shots, frame, &clock, rates[i], 0), ==, frame);
        show_shots_free(shots);
    }
}

/* ---- texts ---- */

typedef struct Example {
    ShowShots *shots;
    EditMedia media[2];
    EditTimeline timeline;
} Example;

static void example_init(Example *example)
{
    *example = (Example){.shots = show_shots_new()};
    example->shots->rate = (ShowRate){25, 1};
    example->shots->duration_ms = 10000;
    show_shots_add(example->shots, 0, "cam_1", "opening");
    show_shots_add(example->shots, 4000, "cam_2", "speaks");
    show_shots_add(example->shots, 8000, "cam_1", NULL);
    for (int i = 0; i < 2; i++)
        example->media[i] = (EditMedia){
            .source = i == 0 ? "cam_1" : "cam_2",
            .label = i == 0 ? "Host" : "Guest",
            .path = i == 0 ? "/takes/host one.mp4" : "guest.mp4",
            .duration_ms = 20000,
            .rate = {25, 1},
            .width = 1920,
            .height = 1080,
            .has_video = TRUE,
            .has_audio = TRUE,
            .sample_rate = 48000,
            .channels = 2,
        };
    example->timeline = (EditTimeline){
        .name = "Show",
        .shots = example->shots,
        .media = example->media,
        .n_media = 2,
        .width = 1920,
        .height = 1080,
    };
}

static char *text_of(const EditTimeline *timeline, EditFormat format)
{
    g_autoptr(GError) error = NULL;
    char *text = edit_timeline_text(timeline, format, &error);
    g_assert_no_error(error);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        g_error("no \"%s\" in:\n%s", part, text);
}

static guint count(const char *text, const char *part)
{
    guint found = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        found++;
    return found;
}

static void test_formats_have_names(void)
{
    for (int i = EDIT_FORMAT_OTIO; i <= EDIT_FORMAT_MLT; i++)
        g_assert_cmpint(edit_format_from_name(edit_format_extension((EditFormat)i)), ==, i);
    g_assert_cmpint(edit_format_from_name("aaf"), ==, EDIT_FORMAT_UNSET);
    g_assert_cmpint(edit_format_from_name(NULL), ==, EDIT_FORMAT_UNSET);
}

static void test_edl_is_this_text(void)
{
    Example example;
    example_init(&example);
    example.media[1].clock.start_s = -2.5;
    g_autofree char *text = text_of(&example.timeline, EDIT_FORMAT_EDL);
    g_assert_cmpstr(text, ==,
                    "TITLE: Show\n"
                    "FCM: NON-DROP FRAME\n"
                    "\n"
                    "001  CAM_1    AA/V  C        00:00:00:00 00:00:04:00 01:00:00:00 01:00:04:00\n"
                    "* FROM CLIP NAME: Host\n"
                    "* SOURCE FILE: /takes/host one.mp4\n"
                    "* COMMENT: opening\n"
                    "002  CAM_2    AA/V  C        00:00:06:12 00:00:10:12 01:00:04:00 01:00:08:00\n"
                    "* FROM CLIP NAME: Guest\n"
                    "* SOURCE FILE: guest.mp4\n"
                    "* COMMENT: speaks\n"
                    "003  CAM_1    AA/V  C        00:00:08:00 00:00:10:00 01:00:08:00 01:00:10:00\n"
                    "* FROM CLIP NAME: Host\n"
                    "* SOURCE FILE: /takes/host one.mp4\n");
    show_shots_free(example.shots);
}

static void test_reels_are_unique_and_short(void)
{
    Example example;
    example_init(&example);
    show_shots_free(example.shots);
    example.shots = show_shots_new();
    example.shots->rate = (ShowRate){25, 1};
    example.shots->duration_ms = 2000;
    show_shots_add(example.shots, 0, "camera_of_host", NULL);
    show_shots_add(example.shots, 1000, "camera_of_guest", NULL);
    example.timeline.shots = example.shots;
    example.media[0].source = "camera_of_host";
    example.media[1].source = "camera_of_guest";
    g_autofree char *text = text_of(&example.timeline, EDIT_FORMAT_EDL);
    assert_has(text, "001  CAMERA_O AA/V");
    assert_has(text, "002  CAMER002 AA/V");
    show_shots_free(example.shots);
}

static void test_names_cannot_break_out(void)
{
    static const char *const names[] = {
        "</project>",
        "\"/><x y=\"",
        "a & b",
        "line\nbreak\r\t",
        "* FROM CLIP NAME: x\n002  BL",
        "\x01\x02\x1b[2J",
        "\xff\xfe\xc3",
        "\xef\xbf\xbf\xe2\x80\xa8",
        "",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        Example example;
        example_init(&example);
        example.timeline.name = example.media[0].label = example.media[0].path = names[i];
        for (int format = EDIT_FORMAT_OTIO; format <= EDIT_FORMAT_MLT; format++) {
            g_autofree char *text = text_of(&example.timeline, (EditFormat)format);
            for (const char *at = text; *at != '\0'; at++)
                g_assert_true(*at == '\n' || !g_ascii_iscntrl(*at));
            if (format == EDIT_FORMAT_FCPXML)
                g_assert_cmpuint(count(text, "</project>"), ==, 1);
            if (format == EDIT_FORMAT_EDL)
                g_assert_cmpuint(count(text, "\n00"), ==, 3);
            if (format != EDIT_FORMAT_OTIO)
                continue;
            json_t *root = json_loads(text, 0, NULL);
            g_assert_nonnull(root);
            json_decref(root);
        }
        show_shots_free(example.shots);
    }
}

static gboolean parses_as_xml(const char *text, GError **error)
{
    GMarkupParser parser = {0};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    gboolean good = g_markup_parse_context_parse(context, text, -1, error) &&
                    g_markup_parse_context_end_parse(context, error);
    g_markup_parse_context_free(context);
    return good;
}

static void test_xml_is_well_formed(void)
{
    Example example;
    example_init(&example);
    example.media[0].label = "<&\"'>";
    example.timeline.program_sound = "sound & <voice>.mp4";
    for (int format = EDIT_FORMAT_FCPXML; format <= EDIT_FORMAT_MLT; format++) {
        if (format == EDIT_FORMAT_EDL)
            continue;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = text_of(&example.timeline, (EditFormat)format);
        g_assert_true(parses_as_xml(text, &error));
        g_assert_no_error(error);
    }
    show_shots_free(example.shots);
}

static void test_absolute_paths_become_file_urls(void)
{
    Example example;
    example_init(&example);
    g_autofree char *otio = text_of(&example.timeline, EDIT_FORMAT_OTIO);
    g_autofree char *fcpxml = text_of(&example.timeline, EDIT_FORMAT_FCPXML);
    g_autofree char *mlt = text_of(&example.timeline, EDIT_FORMAT_MLT);
    assert_has(otio, "\"target_url\": \"file:///takes/host%20one.mp4\"");
    assert_has(otio, "\"target_url\": \"guest.mp4\"");
    assert_has(fcpxml, "src=\"file:///takes/host%20one.mp4\"");
    assert_has(fcpxml, "src=\"./guest.mp4\"");
    assert_has(mlt, ">/takes/host one.mp4</property>");
    assert_has(mlt, ">guest.mp4</property>");
    show_shots_free(example.shots);
}

static void test_nothing_to_show_is_a_gap(void)
{
    Example example;
    example_init(&example);
    example.media[0].clock.start_s = 1;  /* its first second is missing */
    example.media[1].duration_ms = 6000; /* and the guest's last two */
    g_autofree char *edl = text_of(&example.timeline, EDIT_FORMAT_EDL);
    assert_has(edl, "001  BL       V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00");
    assert_has(edl, "002  CAM_1    AA/V  C        00:00:00:00 00:00:03:00 01:00:01:00 01:00:04:00");
    assert_has(edl, "003  CAM_2    AA/V  C        00:00:04:00 00:00:06:00 01:00:04:00 01:00:06:00");
    assert_has(edl, "004  BL       V     C        00:00:00:00 00:00:02:00 01:00:06:00 01:00:08:00");
    g_autofree char *otio = text_of(&example.timeline, EDIT_FORMAT_OTIO);
    g_assert_cmpuint(count(otio, "Gap.1"), ==, 4); /* two in the picture, two in the sound */
    g_autofree char *fcpxml = text_of(&example.timeline, EDIT_FORMAT_FCPXML);
    g_assert_cmpuint(count(fcpxml, "<gap "), ==, 2);
    g_autofree char *mlt = text_of(&example.timeline, EDIT_FORMAT_MLT);
    g_assert_cmpuint(count(mlt, "<blank length="), ==, 2);
    show_shots_free(example.shots);
}

static void test_program_sound_replaces_own_sound(void)
{
    Example example;
    example_init(&example);
    example.timeline.program_sound = "program.mp4";
    g_autofree char *edl = text_of(&example.timeline, EDIT_FORMAT_EDL);
    g_assert_cmpuint(count(edl, " AA/V "), ==, 0);
    assert_has(edl, "001  PROGRAM  AA    C        00:00:00:00 00:00:10:00 01:00:00:00 01:00:10:00");
    g_autofree char *fcpxml = text_of(&example.timeline, EDIT_FORMAT_FCPXML);
    g_assert_cmpuint(count(fcpxml, "srcEnable=\"video\""), ==, 3);
    g_assert_cmpuint(count(fcpxml, "lane=\"-1\""), ==, 1);
    g_autofree char *mlt = text_of(&example.timeline, EDIT_FORMAT_MLT);
    g_assert_cmpuint(count(mlt, "<property name=\"audio_index\">-1</property>"), ==, 2);
    assert_has(mlt, "<entry producer=\"mix\" in=\"0\" out=\"249\"/>");
    show_shots_free(example.shots);
}

static void test_without_a_rate_is_an_error(void)
{
    Example example;
    example_init(&example);
    g_autoptr(GError) error = NULL;
    example.shots->rate = (ShowRate){0, 0};
    g_assert_null(edit_timeline_text(&example.timeline, EDIT_FORMAT_OTIO, &error));
    g_assert_error(error, EDIT_ERROR, EDIT_ERROR_FAILED);
    assert_has(error->message, "cannot write a timeline of Show: its shots do not say");
    show_shots_free(example.shots);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func("/edit/" path, function)
    ADD("frames/the-nearest-is-shown", test_the_nearest_frame_is_shown);
    ADD("frames/the-earlier-of-two-is-shown", test_the_earlier_of_two_is_shown);
    ADD("frames/count-from-the-first-picture", test_frames_count_from_the_first_picture);
    ADD("frames/no-time-overflows", test_no_time_overflows);
    ADD("frames/a-day-later-they-are-still-exact", test_a_day_later_frames_are_still_exact);
    ADD("timeline/formats-have-names", test_formats_have_names);
    ADD("timeline/edl-is-this-text", test_edl_is_this_text);
    ADD("timeline/reels-are-unique-and-short", test_reels_are_unique_and_short);
    ADD("timeline/names-cannot-break-out", test_names_cannot_break_out);
    ADD("timeline/xml-is-well-formed", test_xml_is_well_formed);
    ADD("timeline/absolute-paths-become-file-urls", test_absolute_paths_become_file_urls);
    ADD("timeline/nothing-to-show-is-a-gap", test_nothing_to_show_is_a_gap);
    ADD("timeline/program-sound-replaces-own-sound", test_program_sound_replaces_own_sound);
    ADD("timeline/without-a-rate-is-an-error", test_without_a_rate_is_an_error);
    return g_test_run();
}
