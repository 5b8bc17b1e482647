/* What the program carries of the console. */
#include <console/console.h>
#include <gio/gio.h>
#include <string.h>

static void test_root_is_the_page(void)
{
    const ConsoleFile *page = console_file_find("/");
    g_assert_nonnull(page);
    g_assert_true(page == console_file_find("/index.html"));
    g_assert_cmpstr(page->content_type, ==, "text/html; charset=utf-8");
    g_assert_false(page->is_immutable);
    g_assert_nonnull(
        g_strstr_len((const char *)page->bytes, (gssize)page->size_bytes, "<title>Crosscut"));
}

static void test_others_are_not_found(void)
{
    g_assert_null(console_file_find(""));
    g_assert_null(console_file_find("index.html"));
    g_assert_null(console_file_find("/../index.html"));
    g_assert_null(console_file_find("/gallery.html"));
    g_assert_null(console_file_at(console_file_count()));
}

/* No inline scripts and styles: the policy refuses them, so a page with them would be blank. */
static void test_page_obeys_the_policy(void)
{
    const ConsoleFile *page = console_file_find("/");
    g_autofree char *text = g_strndup((const char *)page->bytes, page->size_bytes);
    g_assert_null(strstr(text, "<style"));
    g_assert_null(strstr(text, "style="));
    g_assert_null(strstr(text, "<script>"));
    g_assert_null(strstr(text, "onload="));
}

static void test_what_the_page_names_is_there(void)
{
    const ConsoleFile *page = console_file_find("/");
    g_autofree char *text = g_strndup((const char *)page->bytes, page->size_bytes);
    g_autoptr(GRegex) names = g_regex_new("(?:src|href)=\"([^\"]+)\"", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    int found = 0;
    for (g_regex_match(names, text, 0, &match); g_match_info_matches(match); found++) {
        g_autofree char *path = g_match_info_fetch(match, 1);
        const ConsoleFile *file = console_file_find(path);
        g_assert_nonnull(file);
        g_assert_true(file->is_immutable);
        g_match_info_next(match, NULL);
    }
    g_assert_cmpint(found, >=, 2);
}

static void test_gzip_is_the_same_file(void)
{
    for (size_t i = 0; i < console_file_count(); i++) {
        const ConsoleFile *file = console_file_at(i);
        if (file->gzip == NULL)
            continue;
        g_assert_cmpuint(file->gzip_bytes, <, file->size_bytes);
        g_autoptr(GZlibDecompressor) unzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
        g_autofree uint8_t *out = g_malloc(file->size_bytes + 1);
        gsize read = 0, written = 0;
        g_autoptr(GError) error = NULL;
        GConverterResult result = g_converter_convert(
            G_CONVERTER(unzip), file->gzip, file->gzip_bytes, out, file->size_bytes + 1,
            G_CONVERTER_INPUT_AT_END, &read, &written, &error);
        g_assert_no_error(error);
        g_assert_cmpint(result, ==, G_CONVERTER_FINISHED);
        g_assert_cmpmem(out, written, file->bytes, file->size_bytes);
    }
}

/* A show begins where the network may be slow. What speaks with LiveKit is loaded when a room is joined. */
static void test_the_page_is_small(void)
{
    size_t sent = 0;
    for (size_t i = 0; i < console_file_count(); i++) {
        const ConsoleFile *file = console_file_at(i);
        if (!g_str_has_suffix(file->path, ".wasm") && strstr(file->path, "livekit-client") == NULL)
            sent += file->gzip != NULL ? file->gzip_bytes : file->size_bytes;
    }
    g_assert_cmpuint(sent, <, 250 * 1024);
}

/* What came from elsewhere is named, with its licence. */
static void test_licences_are_there(void)
{
    static const char *const names[] = {"react-dom ", "socket.io-client ", "uqr ",
                                        "livekit-client ", NULL};
    const ConsoleFile *file = console_file_find("/licences.txt");
    g_assert_nonnull(file);
    for (int i = 0; names[i] != NULL; i++)
        g_assert_nonnull(
            g_strstr_len((const char *)file->bytes, (gssize)file->size_bytes, names[i]));
}

/* Hooks of the tests stay out of what is shipped. */
static void test_no_test_hooks(void)
{
    for (size_t i = 0; i < console_file_count(); i++) {
        const ConsoleFile *file = console_file_at(i);
        g_assert_null(
            g_strstr_len((const char *)file->bytes, (gssize)file->size_bytes, "testShow"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/console/files/the-root-is-the-page", test_root_is_the_page);
    g_test_add_func("/console/files/others-are-not-found", test_others_are_not_found);
    g_test_add_func("/console/files/the-page-obeys-its-policy", test_page_obeys_the_policy);
    g_test_add_func("/console/files/what-the-page-names-is-there",
                    test_what_the_page_names_is_there);
    g_test_add_func("/console/files/gzip-is-the-same-file", test_gzip_is_the_same_file);
    g_test_add_func("/console/files/all-of-it-is-small", test_the_page_is_small);
    g_test_add_func("/console/files/names-what-came-from-elsewhere", test_licences_are_there);
    g_test_add_func("/console/files/holds-no-hooks-of-tests", test_no_test_hooks);
    return g_test_run();
}
