/* Logs: the three forms, exact errors, torn ends, order, numbers, and random logs there and back. */
#include <show/error.h>
#include <show/json.h>
#include <show/limits.h>
#include <show/log.h>
#include <show/source.h>

#include <stdio.h>
#include <string.h>

static int warnings; /* since the last check */

/* Warnings are part of what is tested; GLib's own writer would end the test. */
static GLogWriterOutput count_warnings(GLogLevelFlags level, const GLogField *fields, gsize count,
                                       gpointer data)
{
    (void)data;
    if ((level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING) {
        warnings++;
        return G_LOG_WRITER_HANDLED;
    }
    return g_log_writer_standard_streams(level, fields, count, NULL);
}

static ShowLog *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    ShowLog *log = show_log_parse("events.json", text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_nonnull(log);
    return log;
}

static const ShowEvent *event_at(const ShowLog *log, guint index)
{
    g_assert_cmpuint(index, <, log->events->len);
    return log->events->pdata[index];
}

typedef struct Case {
    const char *text;
    const char *message; /* without "events.json: " */
} Case;

static void check_case(const Case *row)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowLog) log = show_log_parse("events.json", row->text, strlen(row->text), &error);
    g_assert_null(log);
    g_assert_nonnull(error);
    g_autofree char *message = g_strconcat("events.json: ", row->message, NULL);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpint(warnings, ==, 0);
}

#define OK_LINE "{\"t\":1,\"type\":\"x\"}\n"

static void names_the_line_and_the_member(void)
{
    static const Case cases[] = {
        {OK_LINE "\n" OK_LINE "{\"t\":\"soon\",\"type\":\"x\"}\n",
         "line 4: \"t\": expected milliseconds ≥ 0, found \"soon\""},
        {"{\"type\":\"x\"}\n", "line 1: \"t\": expected milliseconds ≥ 0, found nothing"},
        {"{\"t\":-1,\"type\":\"x\"}\n", "line 1: \"t\": expected milliseconds ≥ 0, found -1"},
        {"{\"t\":-0.75,\"type\":\"x\"}\n", "line 1: \"t\": expected milliseconds ≥ 0, found -0.75"},
        {"{\"t\":null,\"type\":\"x\"}\n", "line 1: \"t\": expected milliseconds ≥ 0, found null"},
        {"{\"t\":[1],\"type\":\"x\"}\n",
         "line 1: \"t\": expected milliseconds ≥ 0, found an array"},
        {"{\"t\":31622400001,\"type\":\"x\"}\n",
         "line 1: \"t\": expected milliseconds of at most a year (31622400000), "
         "found 31622400001"},
        {"{\"t\":1e300,\"type\":\"x\"}\n",
         "line 1: \"t\": expected milliseconds of at most a year (31622400000), found 1e+300"},
        {"{\"t\":1,\"at\":\"x\",\"type\":\"x\"}\n",
         "line 1: \"at\": expected milliseconds ≥ 0, found \"x\""},
        {"{\"t\":1,\"edge_t\":false,\"type\":\"x\"}\n",
         "line 1: \"edge_t\": expected milliseconds ≥ 0, found false"},
        {"{\"t\":1,\"seq\":0,\"type\":\"x\"}\n",
         "line 1: \"seq\": expected a whole number ≥ 1, found 0"},
        {"{\"t\":1,\"seq\":1.5,\"type\":\"x\"}\n",
         "line 1: \"seq\": expected a whole number ≥ 1, found 1.5"},
        {"{\"t\":1,\"epoch\":-1,\"type\":\"x\"}\n",
         "line 1: \"epoch\": expected a whole number ≥ 0, found -1"},
        {"{\"t\":1}\n", "line 1: \"type\": expected the name of a type, found nothing"},
        {"{\"t\":1,\"type\":\"\"}\n", "line 1: \"type\": expected the name of a type, found \"\""},
        {"{\"t\":1,\"type\":\"x\",\"id\":\"../x\"}\n",
         "line 1: \"id\": expected a name of at most 64 letters, digits, _ . and -, "
         "found \"../x\""},
        {"{\"t\":1,\"type\":\"speaking_start\"}\n",
         "line 1: \"source\": expected a name of at most 64 letters, digits, _ . and -, "
         "found nothing"},
        {"{\"t\":1,\"type\":\"manual_cut\",\"source\":\"a b\"}\n",
         "line 1: \"source\": expected a name of at most 64 letters, digits, _ . and -, "
         "found \"a b\""},
        {"{\"t\":1,\"type\":\"manual_cut\",\"source\":\"a\",\"hold\":-2}\n",
         "line 1: \"hold\": expected seconds ≥ 0, found -2"},
        {"{\"t\":1,\"type\":\"x\",\"source\":\"1234567890123456789012345678901234567890"
         "1234567890123456789012345\"}\n",
         "line 1: \"source\": expected a name of at most 64 letters, digits, _ . and -, "
         "found \"123456789012345678901234567890123456789…\""},
        {"{\"t\":1,\"type\":\"record_start\",\"source\":\"a\",\"file\":\"a/b.mp4\"}\n",
         "line 1: \"file\": expected the name of a file, without folders, found \"a/b.mp4\""},
        {OK_LINE "{\"t\":1,\"type\":\"session_start\",\"sources\":[{\"id\":\"a\"},"
                 "{\"id\":\"b\",\"role\":\"boss\"}]}\n",
         "line 2: sources[1].\"role\": expected person, wide, screen or mic, found \"boss\""},
        {"{\"t\":1,\"type\":\"sources\",\"sources\":{}}\n",
         "line 1: \"sources\": expected an array, found an object"},
        {"{\"t\":1,\"type\":\"settings\",\"settings\":1}\n",
         "line 1: \"settings\": expected an object, found 1"},
        {"5\n", "line 1: expected an event, an object, found 5"},
        {OK_LINE "nonsense\n" OK_LINE, "line 2, column 8: not JSON: invalid token near 'nonsense'"},
        {OK_LINE "{\"t\":1,\"t\":2,\"type\":\"x\"}\n",
         "line 2, column 10: not JSON: duplicate object key near '\"t\"'"},
        {"{\"t\":1e999,\"type\":\"x\"}\n",
         "line 1, column 10: not JSON: real number overflow near '1e999'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_case(&cases[i]);
}

static void names_the_line_in_arrays_too(void)
{
    static const Case cases[] = {
        {"[\n{\"t\":1,\"type\":\"x\"},\n{\"t\":\"soon\",\"type\":\"x\"}]",
         "line 3: \"t\": expected milliseconds ≥ 0, found \"soon\""},
        {"{\n  \"version\":1,\n  \"events\": [\n    {\"t\":0,\"type\":\"x\"},\n    7]}",
         "line 5: expected an event, an object, found 7"},
        {"[{\"t\":1,\"type\":\"x\"}\n{\"t\":1,\"type\":\"x\"}]",
         "line 2: not JSON: expected a comma or ] after an event"},
        {"[\n{\"t\":1,\"type\":\"x\"},\n]",
         "line 3, column 1: not JSON: unexpected token near ']'"},
        {"[{\"t\":1,\"type\":\"x\"}\n", "line 2: not JSON: the array of events is not closed"},
        {"[\n", "line 2: not JSON: the array of events is not closed"},
        {"[\n\n{\"t\":1,\n", "line 4, column 1: not JSON: string or '}' expected near end of file"},
        {"[]\n[]", "line 2: not JSON: expected the end of the file after ]"},
        {"{\n\"t\":1,\n\"type\":\"x\"}\n",
         "line 1: expected events: JSON Lines, an array or {\"events\":[…]}"},
        {"{\"events\":[1]}", "line 1: expected an event, an object, found 1"},
        {"{\"events\":[],\n\"events\":[]}",
         "line 2, column 8: not JSON: duplicate object key near '\"events\"'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_case(&cases[i]);
}

static void reads_three_forms(void)
{
    static const char *const texts[] = {
        "{\"t\":1,\"type\":\"x\"}\n{\"t\":2,\"type\":\"y\"}\n",
        "{\"t\":1,\"type\":\"x\"}\r\n\r\n  \n{\"t\":2,\"type\":\"y\"}",
        "\xEF\xBB\xBF{\"t\":1,\"type\":\"x\"}\n{\"t\":2,\"type\":\"y\"}\n",
        "[{\"t\":1,\"type\":\"x\"},{\"t\":2,\"type\":\"y\"}]",
        "\xEF\xBB\xBF\r\n [\r\n{\"t\":1,\"type\":\"x\"} ,\r\n{\"t\":2,\"type\":\"y\"}\r\n]\r\n\r\n",
        "{\"events\":[{\"t\":1,\"type\":\"x\"},{\"t\":2,\"type\":\"y\"}]}",
        "{\"n\":[\"]\"],\n\"events\":\n[{\"t\":1,\"type\":\"x\"},{\"t\":2,\"type\":\"y\"}]}",
        "[{\n\"t\":1,\n\"type\":\"x\"},{\"t\":2,\"type\":\"y\"}]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ShowLog) log = parse(texts[i]);
        g_autofree char *lines = show_log_lines(log);
        g_assert_cmpstr(lines, ==, "{\"t\":1,\"type\":\"x\"}\n{\"t\":2,\"type\":\"y\"}\n");
    }
    g_assert_cmpint(warnings, ==, 0);
}

static void an_empty_log_has_no_events(void)
{
    static const char *const texts[] = {"", "\n\n", "[]", " [ \n ] ", "{\"events\":[]}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ShowLog) log = parse(texts[i]);
        g_assert_cmpuint(log->events->len, ==, 0);
        g_autofree char *lines = show_log_lines(log), *array = show_log_array(log);
        g_assert_cmpstr(lines, ==, "");
        g_assert_cmpstr(array, ==, "[\n]\n");
    }
}

/* Cut at every byte: what was whole stays, what was torn goes, nothing fails. */
static void leaves_out_a_torn_last_line(void)
{
    static const char text[] = "{\"t\":1,\"type\":\"x\"}\n"
                               "{\"t\":2,\"type\":\"Müller\",\"a\":[1,{\"b\":\"}\"}]}\n";
    gsize first = strlen(OK_LINE), length = strlen(text);
    for (gsize cut = 0; cut <= length; cut++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ShowLog) log = show_log_parse("events.log", text, cut, &error);
        g_assert_no_error(error);
        guint whole = (cut >= first - 1) + (cut >= length - 1);
        g_assert_cmpuint(log->events->len, ==, whole);
        gboolean is_torn = cut != 0 && cut != first - 1 && cut != first && cut < length - 1;
        g_assert_cmpint(warnings, ==, is_torn);
        warnings = 0;
    }
}

static void zeros_after_a_power_loss_are_torn_too(void)
{
    static const char text[] = OK_LINE "\0\0\0\0\0\0\0\0";
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowLog) log = show_log_parse("events.log", text, sizeof text - 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(log->events->len, ==, 1);
    g_assert_cmpint(warnings, ==, 1);
    warnings = 0;
}

static void writes_members_in_order_and_keeps_the_rest(void)
{
    static const char text[] =
        "{\"zeta\":{\"b\":1,\"a\":[0.1,null]},\"edge_t\":5,\"source\":\"cam_2\","
        "\"type\":\"from_tomorrow\",\"epoch\":3,\"at\":7,\"t\":6,\"seq\":9,\"id\":\"k\","
        "\"alpha\":\"é\"}\n";
    g_autoptr(ShowLog) log = parse(text);
    g_assert_cmpint(event_at(log, 0)->type, ==, SHOW_EVENT_UNKNOWN);
    g_autofree char *lines = show_log_lines(log);
    g_assert_cmpstr(lines, ==,
                    "{\"id\":\"k\",\"seq\":9,\"t\":6,\"at\":7,\"epoch\":3,"
                    "\"type\":\"from_tomorrow\",\"source\":\"cam_2\",\"edge_t\":5,"
                    "\"zeta\":{\"b\":1,\"a\":[0.1,null]},\"alpha\":\"é\"}\n");
}

static void rounds_real_times(void)
{
    g_autoptr(ShowLog) log = parse("{\"t\":1.5,\"at\":2.4999,\"type\":\"x\",\"edge_t\":-0.4}\n"
                                   "{\"t\":31622400000,\"type\":\"x\"}\n");
    const ShowEvent *event = event_at(log, 0);
    g_assert_cmpint(event->t_ms, ==, 2);
    g_assert_cmpint(event->at_ms, ==, 2);
    g_assert_cmpint(event->edge_t_ms, ==, 0);
    g_assert_cmpint(event_at(log, 1)->t_ms, ==, SHOW_T_MS_MAX);
    g_assert_cmpint(event_at(log, 1)->at_ms, ==, SHOW_MS_NONE);
    g_assert_cmpint(show_event_at_ms(event_at(log, 1)), ==, SHOW_T_MS_MAX);
}

static void every_type_has_a_name(void)
{
    for (int type = SHOW_EVENT_UNKNOWN + 1; type < SHOW_EVENT_TYPES; type++)
        g_assert_cmpint(show_event_type_from_name(show_event_type_name((ShowEventType)type)), ==,
                        type);
    g_assert_cmpint(show_event_type_from_name("unknown"), ==, SHOW_EVENT_UNKNOWN);
    g_assert_cmpint(show_event_type_from_name(NULL), ==, SHOW_EVENT_UNKNOWN);
}

static void sorts_by_at_then_seq_then_place(void)
{
    g_autoptr(ShowLog) log = parse("{\"seq\":4,\"t\":9,\"type\":\"d\"}\n"
                                   "{\"seq\":3,\"t\":1,\"at\":9,\"type\":\"c\"}\n"
                                   "{\"t\":5,\"type\":\"a\"}\n"
                                   "{\"t\":5,\"type\":\"b\"}\n"
                                   "{\"t\":20,\"at\":0,\"type\":\"first\"}\n");
    show_log_sort(log);
    const char *const order[] = {"first", "a", "b", "c", "d"};
    for (guint i = 0; i < G_N_ELEMENTS(order); i++)
        g_assert_cmpstr(event_at(log, i)->type_name, ==, order[i]);
}

static void numbers_in_order_and_names_the_nameless(void)
{
    g_autoptr(ShowLog) log = parse("{\"t\":1,\"type\":\"a\"}\n"
                                   "{\"t\":2,\"type\":\"b\",\"id\":\"mine\",\"seq\":77}\n"
                                   "{\"t\":3,\"type\":\"c\"}\n"
                                   "{\"t\":4,\"type\":\"d\",\"id\":\"e3\"}\n");
    show_log_number(log);
    const char *const ids[] = {"e1", "mine", "e3.2", "e3"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_assert_cmpint(event_at(log, i)->seq, ==, i + 1);
        g_assert_cmpstr(event_at(log, i)->id, ==, ids[i]);
    }
}

static void the_last_list_of_sources_counts(void)
{
    g_autoptr(ShowLog) log =
        parse("{\"t\":0,\"type\":\"session_start\",\"sources\":[{\"id\":\"cam_1\"}]}\n"
              "{\"t\":1,\"type\":\"sources\",\"sources\":[{\"id\":\"cam_1\",\"label\":\"Anna\"},"
              "{\"id\":\"m\",\"role\":\"mic\",\"camera\":\"cam_1\",\"priority\":-3,\"new\":[1]}]}\n"
              "{\"t\":2,\"type\":\"session_start\"}\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sources = show_log_sources(log, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sources->len, ==, 2);
    const ShowSource *mic = sources->pdata[1];
    g_assert_cmpint(mic->role, ==, SHOW_ROLE_MIC);
    g_assert_cmpint(mic->priority, ==, -3);
    g_assert_cmpstr(mic->camera, ==, "cam_1");
    g_assert_cmpstr(mic->label, ==, "m");
    json_t *json = show_source_to_json(mic);
    g_autofree char *text = show_json_text(json, FALSE);
    json_decref(json);
    g_assert_cmpstr(text, ==,
                    "{\"id\":\"m\",\"label\":\"m\",\"role\":\"mic\",\"priority\":-3,"
                    "\"camera\":\"cam_1\",\"new\":[1]}\n");

    g_autoptr(ShowLog) bare = parse(OK_LINE);
    g_autoptr(GPtrArray) none = show_log_sources(bare, &error);
    g_assert_cmpuint(none->len, ==, 0);
}

static void ends_with_the_last_recording(void)
{
    g_autoptr(ShowLog) log = parse("{\"t\":5,\"type\":\"x\"}\n{\"t\":3,\"type\":\"x\"}\n");
    g_assert_cmpint(show_log_end_ms(log), ==, 5);
    show_log_take(log, show_event_new(SHOW_EVENT_RECORD_STOP, "cam_1", 4));
    show_log_take(log, show_event_new(SHOW_EVENT_RECORD_STOP, "cam_2", 2));
    g_assert_cmpint(show_log_end_ms(log), ==, 4);
    g_autoptr(ShowLog) empty = show_log_new();
    g_assert_cmpint(show_log_end_ms(empty), ==, 0);
}

static void refuses_a_line_beyond_the_limit(void)
{
    g_autofree char *filler = g_strnfill(SHOW_LINE_BYTES_MAX, 'a');
    g_autofree char *fits = g_strdup_printf("{\"t\":1,\"type\":\"x\",\"a\":\"%.*s\"}",
                                            SHOW_LINE_BYTES_MAX - 25, filler);
    g_assert_cmpuint(strlen(fits), ==, SHOW_LINE_BYTES_MAX);
    const char *const forms[] = {"%s\n", "%s", "[%s]", "{\"events\":[%s]}"};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) parts = g_strsplit(forms[i], "%s", 2);
        g_autofree char *good = g_strconcat(parts[0], fits, parts[1], NULL);
        g_autoptr(ShowLog) log = parse(good);
        g_assert_cmpuint(log->events->len, ==, 1);
        g_autofree char *bad = g_strconcat(parts[0], "{\"b\":1,", fits + 1, parts[1], NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(show_log_parse("events.log", bad, strlen(bad), &error));
        g_assert_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE);
        g_assert_cmpstr(
            error->message, ==,
            "events.log: line 1: expected an event of at most 65536 bytes, found 65542");
    }
}

static void refuses_too_many_sources(void)
{
    GString *text = g_string_new("{\"t\":0,\"type\":\"sources\",\"sources\":[{\"id\":\"cam_0\"}");
    for (int i = 1; i < SHOW_SOURCES_MAX; i++)
        g_string_append_printf(text, ",{\"id\":\"cam_%d\"}", i);
    g_autofree char *good = g_strconcat(text->str, "]}\n", NULL);
    g_autoptr(ShowLog) log = parse(good);
    g_autofree char *bad = g_strconcat(text->str, ",{\"id\":\"one_more\"}]}\n", NULL);
    check_case(&(Case){bad, "line 1: \"sources\": expected at most 16 sources, found 17"});
    g_string_free(text, TRUE);
}

static json_t *random_value(int depth)
{
    switch (g_test_rand_int_range(0, depth > 0 ? 8 : 6)) {
    case 0:
        return json_integer(g_test_rand_int());
    case 1:
        return json_real(g_test_rand_double_range(-1e6, 1e6));
    case 2:
        return json_string("a \"quoted\" \\ line\nand é 🎤");
    case 3:
        return json_boolean(g_test_rand_bit());
    case 4:
        return json_null();
    case 5:
        return json_string("");
    case 6: {
        json_t *array = json_array();
        for (int i = g_test_rand_int_range(0, 4); i > 0; i--)
            json_array_append_new(array, random_value(depth - 1));
        return array;
    }
    default: {
        json_t *object = json_object();
        for (int i = g_test_rand_int_range(0, 4); i > 0; i--)
            json_object_set_new(object, i == 1 ? "x" : i == 2 ? "ö" : "t", random_value(depth - 1));
        return object;
    }
    }
}

static ShowEvent *random_event(void)
{
    ShowEventType type = (ShowEventType)g_test_rand_int_range(0, SHOW_EVENT_TYPES);
    g_autofree char *source = g_strdup_printf("cam_%d", g_test_rand_int_range(1, 17));
    ShowEvent *event = show_event_new(type, source, g_test_rand_int_range(0, G_MAXINT));
    if (g_test_rand_bit())
        event->at_ms = event->t_ms + g_test_rand_int_range(0, 5000);
    if (g_test_rand_bit())
        event->edge_t_ms = g_test_rand_int_range(0, 100000);
    if (g_test_rand_bit())
        event->seq = g_test_rand_int_range(1, G_MAXINT);
    if (g_test_rand_bit())
        event->epoch = g_test_rand_int_range(0, 3);
    if (g_test_rand_bit())
        event->id = g_strdup_printf("k%08x", (guint)g_test_rand_int());
    for (int i = g_test_rand_int_range(0, 4); i > 0; i--) {
        g_autofree char *member = g_strdup_printf("field_%d", g_test_rand_int_range(0, 9));
        show_event_set(event, member, random_value(3));
    }
    return event;
}

static void random_logs_come_back_byte_for_byte(void)
{
    for (int round = 0; round < 300; round++) {
        g_autoptr(ShowLog) log = show_log_new();
        for (int i = g_test_rand_int_range(0, 40); i > 0; i--)
            show_log_take(log, random_event());
        g_autofree char *lines = show_log_lines(log), *array = show_log_array(log);
        g_autofree char *wrapped = g_strconcat("{\"events\":", array, "}", NULL);
        const char *const forms[] = {lines, array, wrapped};
        for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
            g_autoptr(ShowLog) back = parse(forms[i]);
            g_autofree char *again = show_log_lines(back), *array_again = show_log_array(back);
            g_assert_cmpstr(again, ==, lines);
            g_assert_cmpstr(array_again, ==, array);
        }
    }
}

/* The short way to a line gives the same as the tree of it, also for names of any bytes. */
static void text_is_that_of_its_json(void)
{
    static const char *const ids[] = {NULL, "e1", "a \"b\" \\ \n\x7f", "\xc3\xbc\xff\xfe."};
    for (int round = 0; round < 300; round++) {
        ShowEvent *event = random_event();
        g_free(event->id);
        event->id = g_strdup(ids[round % G_N_ELEMENTS(ids)]);
        event->seq = round % 3 == 0 ? 0 : g_test_rand_int();
        event->epoch = round % 5;
        json_t *value = show_event_to_json(event);
        g_autofree char *expected = show_json_text(value, FALSE);
        g_autofree char *text = show_event_text(event);
        g_autofree char *line = g_strconcat(text, "\n", NULL);
        g_assert_cmpstr(line, ==, expected);
        json_decref(value);
        show_event_free(event);
    }
}

/* Sorting does not depend on the order that came in, as long as (at, seq) tells events apart. */
static void order_does_not_depend_on_arrival(void)
{
    for (int round = 0; round < 100; round++) {
        g_autoptr(ShowLog) log = show_log_new(), mixed = show_log_new();
        int count = g_test_rand_int_range(1, 60);
        for (int i = 0; i < count; i++) {
            ShowEvent *event = random_event();
            event->seq = i + 1;
            event->at_ms = g_test_rand_int_range(0, 10);
            show_log_take(log, event);
        }
        g_autofree char *before = show_log_lines(log);
        g_autoptr(ShowLog) copy = parse(before);
        g_ptr_array_set_free_func(copy->events, NULL);
        while (copy->events->len > 0)
            show_log_take(
                mixed, g_ptr_array_remove_index_fast(
                           copy->events, (guint)g_test_rand_int_range(0, (int)copy->events->len)));
        show_log_sort(log);
        show_log_sort(mixed);
        g_autofree char *one = show_log_lines(log), *two = show_log_lines(mixed);
        g_assert_cmpstr(one, ==, two);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_writer_func(count_warnings, NULL, NULL);
    g_test_add_func("/show/log/names-the-line-and-the-member", names_the_line_and_the_member);
    g_test_add_func("/show/log/names-the-line-in-arrays-too", names_the_line_in_arrays_too);
    g_test_add_func("/show/log/reads-three-forms", reads_three_forms);
    g_test_add_func("/show/log/an-empty-log-has-no-events", an_empty_log_has_no_events);
    g_test_add_func("/show/log/leaves-out-a-torn-last-line", leaves_out_a_torn_last_line);
    g_test_add_func("/show/log/zeros-after-a-power-loss-are-torn-too",
                    zeros_after_a_power_loss_are_torn_too);
    g_test_add_func("/show/log/writes-members-in-order-and-keeps-the-rest",
                    writes_members_in_order_and_keeps_the_rest);
    g_test_add_func("/show/log/rounds-real-times", rounds_real_times);
    g_test_add_func("/show/event/every-type-has-a-name", every_type_has_a_name);
    g_test_add_func("/show/log/sorts-by-at-then-seq-then-place", sorts_by_at_then_seq_then_place);
    g_test_add_func("/show/log/numbers-in-order-and-names-the-nameless",
                    numbers_in_order_and_names_the_nameless);
    g_test_add_func("/show/log/the-last-list-of-sources-counts", the_last_list_of_sources_counts);
    g_test_add_func("/show/log/ends-with-the-last-recording", ends_with_the_last_recording);
    g_test_add_func("/show/log/refuses-a-line-beyond-the-limit", refuses_a_line_beyond_the_limit);
    g_test_add_func("/show/log/refuses-too-many-sources", refuses_too_many_sources);
    g_test_add_func("/show/log/random-logs-come-back-byte-for-byte",
                    random_logs_come_back_byte_for_byte);
    g_test_add_func("/show/event/text-is-that-of-its-json", text_is_that_of_its_json);
    g_test_add_func("/show/log/order-does-not-depend-on-arrival", order_does_not_depend_on_arrival);
    return g_test_run();
}
