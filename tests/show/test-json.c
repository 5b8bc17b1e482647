/* Text to values and back, and what is refused before any file's own rules are asked. */
#include <show/error.h>
#include <show/json.h>
#include <show/limits.h>

#include <glib/gstdio.h>
#include <string.h>

typedef struct Case {
    const char *text;
    const char *message;
} Case;

static void check_refused(const char *text, gsize length, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", text, length, &error);
    g_assert_null(json);
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_true(error->domain == SHOW_ERROR);
}

static void names_line_and_column(void)
{
    static const Case cases[] = {
        {"", "a.json: expected JSON, found an empty file"},
        {" \r\n\t", "a.json: expected JSON, found an empty file"},
        {"{\"a\":1,}", "a.json: line 1, column 8: not JSON: string or '}' expected near '}'"},
        {"{\n\"a\" 1}", "a.json: line 2, column 5: not JSON: ':' expected near '1'"},
        {"[1, 2", "a.json: line 1, column 5: not JSON: ']' expected near end of file"},
        {"{}\n[]", "a.json: line 2, column 1: not JSON: end of file expected near '['"},
        {"{\"a\":1,\n\"a\":2}",
         "a.json: line 2, column 3: not JSON: duplicate object key near '\"a\"'"},
        {"[1e999]", "a.json: line 1, column 6: not JSON: real number overflow near '1e999'"},
        {"[99999999999999999999]",
         "a.json: line 1, column 21: not JSON: too big integer near '99999999999999999999'"},
        {"[\"a\\u0000\"]", "a.json: line 1, column 10: not JSON: a string with a NUL character"},
        {"{\"a\\u0000\":1}",
         "a.json: line 1, column 10: not JSON: a member name with a NUL character"},
        {"[\"\xff\"]", "a.json: line 1, column 2: not JSON: unable to decode byte 0xff near '\"'"},
        {"[\"\xC0\x80\"]",
         "a.json: line 1, column 2: not JSON: unable to decode byte 0xc0 near '\"'"},
        {"[\"\\ud800\"]",
         "a.json: line 1, column 9: not JSON: invalid Unicode '\\uD800' near '\"\\ud800\"'"},
        {"nul", "a.json: line 1, column 3: not JSON: invalid token near 'nul'"},
        {"<html>", "a.json: line 1, column 1: not JSON: invalid token near '<'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

static void refuses_a_zero_byte(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(show_json_parse("a.json", "[1]\0[2]", 7, &error));
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_INVALID);
}

static void keeps_messages_to_one_line(void)
{
    static const char text[] = "[\"\x1b[2J\n\"]";
    g_autoptr(GError) error = NULL;
    g_assert_null(show_json_parse("a.json", text, strlen(text), &error));
    for (const char *c = error->message; *c != '\0'; c++)
        g_assert_false(g_ascii_iscntrl(*c));
}

static char *nest(guint depth)
{
    GString *text = g_string_new("\n");
    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, '[');
    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static void refuses_deep_nesting(void)
{
    g_autofree char *deepest = nest(SHOW_JSON_DEPTH_MAX);
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", deepest, strlen(deepest), &error);
    g_assert_no_error(error);
    g_assert_nonnull(json);

    g_autofree char *deeper = nest(SHOW_JSON_DEPTH_MAX + 1);
    g_assert_null(show_json_parse("a.json", deeper, strlen(deeper), &error));
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==,
                    "a.json: line 1: expected values nested at most 64 deep, found 65");

    g_autofree char *huge = nest(1000000);
    g_clear_error(&error);
    g_assert_null(show_json_parse("a.json", huge, strlen(huge), &error));
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE);
}

static void brackets_in_strings_do_not_nest(void)
{
    g_autofree char *brackets = g_strnfill(1000, '[');
    g_autofree char *text = g_strdup_printf("{\"a\\\"%s\":\"\\\\%s\"}", brackets, brackets);
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", text, strlen(text), &error);
    g_assert_no_error(error);
}

static char *write_again(const char *text, gboolean pretty)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", text, strlen(text), &error);
    g_assert_no_error(error);
    return show_json_text(show_json_root(json), pretty);
}

static void writes_the_same_text_again(void)
{
    static const char *const texts[] = {
        "null",
        "true",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "0.1",
        "-12.25",
        "1.0",
        "1e+300",
        "4.94065645841247e-324",
        "0.30000000000000004",
        "\"\"",
        "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u007f\"",
        "\"Müller 司会者 🎤 /\"",
        "[]",
        "{}",
        "[1,[2,[]],{\"z\":1,\"a\":{\"b\":null}}]",
        "{\"b\":1,\"a\":2,\"c\":[true,false]}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *expected = g_strconcat(texts[i], "\n", NULL);
        g_autofree char *written = write_again(texts[i], FALSE);
        g_assert_cmpstr(written, ==, expected);
    }
}

static void pretty_text_is_stable(void)
{
    static const char pretty[] = "{\n"
                                 "  \"rate\": [30000, 1001],\n"
                                 "  \"none\": {},\n"
                                 "  \"shots\": [\n"
                                 "    {\n"
                                 "      \"t\": 0\n"
                                 "    },\n"
                                 "    []\n"
                                 "  ]\n"
                                 "}\n";
    g_autofree char *written = write_again(pretty, TRUE);
    g_assert_cmpstr(written, ==, pretty);
}

/* Any double comes back as the same double. */
static void real_numbers_come_back(void)
{
    for (int i = 0; i < 5000; i++) {
        union {
            guint64 bits;
            double real;
        } number = {.bits =
                        ((guint64)(guint32)g_test_rand_int() << 32) | (guint32)g_test_rand_int()};
        json_t *value = json_real(number.real);
        if (value == NULL) /* not a number, or infinite: no JSON */
            continue;
        g_autofree char *text = show_json_text(value, FALSE);
        json_t *back = json_loads(text, JSON_DECODE_ANY, NULL);
        g_assert_true(json_is_real(back));
        g_assert_true(json_real_value(back) == number.real);
        json_decref(back);
        json_decref(value);
    }
}

static void tolerates_a_byte_order_mark(void)
{
    g_autofree char *written = write_again("\xEF\xBB\xBF{\r\n\"a\":1\r\n}\r\n", FALSE);
    g_assert_cmpstr(written, ==, "{\"a\":1}\n");
}

static void load_says_what_is_wrong_with_the_file(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(show_json_load("/nowhere/a.json", &error));
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==,
                    "/nowhere/a.json: could not be read: No such file or directory");
    g_clear_error(&error);
    g_assert_null(show_json_load("/", &error));
    g_assert_cmpstr(error->message, ==, "/: could not be read: it is a folder; give a file");
}

static void load_refuses_a_file_beyond_the_limit(void)
{
    g_autofree char *folder = g_dir_make_tmp("show-json-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "big.json", NULL);
    g_assert_true(g_file_set_contents(path, "[1]", 3, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_load(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(show_json_root(json)), ==, 1);

    FILE *file = g_fopen(path, "r+"); /* a hole: takes no room on the disk */
    g_assert_cmpint(fseeko(file, SHOW_FILE_BYTES_MAX, SEEK_SET), ==, 0);
    g_assert_cmpint(fputc(' ', file), ==, ' ');
    g_assert_cmpint(fclose(file), ==, 0);
    g_assert_null(show_json_load(path, &error));
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE);
    g_autofree char *message =
        g_strconcat(path, ": expected at most 16777216 bytes, found more", NULL);
    g_assert_cmpstr(error->message, ==, message);
    g_unlink(path);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/show/json/names-line-and-column", names_line_and_column);
    g_test_add_func("/show/json/refuses-a-zero-byte", refuses_a_zero_byte);
    g_test_add_func("/show/json/keeps-messages-to-one-line", keeps_messages_to_one_line);
    g_test_add_func("/show/json/refuses-deep-nesting", refuses_deep_nesting);
    g_test_add_func("/show/json/brackets-in-strings-do-not-nest", brackets_in_strings_do_not_nest);
    g_test_add_func("/show/json/writes-the-same-text-again", writes_the_same_text_again);
    g_test_add_func("/show/json/pretty-text-is-stable", pretty_text_is_stable);
    g_test_add_func("/show/json/real-numbers-come-back", real_numbers_come_back);
    g_test_add_func("/show/json/tolerates-a-byte-order-mark", tolerates_a_byte_order_mark);
    g_test_add_func("/show/json/load-says-what-is-wrong-with-the-file",
                    load_says_what_is_wrong_with_the_file);
    g_test_add_func("/show/json/load-refuses-a-file-beyond-the-limit",
                    load_refuses_a_file_beyond_the_limit);
    return g_test_run();
}
