/* Names of recordings and shows: what the store gives, and nothing else. */
#include <store/names.h>

static void test_every_name_is_read_as_it_is_written(void)
{
    for (guint camera = 0; camera <= 32; camera++)
        for (guint part = 1; part <= STORE_PARTS_MAX; part += part < 12 ? 1 : 1331)
            for (guint format = STORE_FORMAT_WEBM; format <= STORE_FORMAT_MKV; format++) {
                StoreRecording wanted = {.kind = camera == 0    ? STORE_RECORDING_PROGRAM
                                                 : camera <= 16 ? STORE_RECORDING_ISO
                                                                : STORE_RECORDING_LOCAL,
                                         .camera = camera <= 16 ? camera : camera - 16,
                                         .part = part,
                                         .format = (StoreFormat)format};
                StoreRecording found;
                g_autofree char *name = store_recording_name(&wanted);
                g_assert_true(store_recording_parse(name, &found));
                g_assert_cmpmem(&found, sizeof found, &wanted, sizeof wanted);
            }
}

static void test_names_of_the_format_are_names(void)
{
    static const char *const names[] = {
        "cam_1_iso.webm", "cam_1_iso.2.webm",   "program.webm",     "program.2.mkv",
        "cam_16_iso.mkv", "cam_7_iso.9999.mkv", "cam_5_local.webm", "cam_16_local.2.mkv"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_true(store_recording_parse(names[i], NULL));
}

static void test_other_names_are_refused(void)
{
    static const char *const names[] = {
        "",
        ".",
        "..",
        "../program.webm",
        "/program.webm",
        "a/program.webm",
        "program.webm/",
        "program.webm/..",
        "..%2fprogram.webm",
        "%2e%2e",
        "-program.webm",
        "--",
        " program.webm",
        "program.webm ",
        "program.webm\n",
        "program..webm",
        "program.1.webm",
        "program.0.webm",
        "program.02.webm",
        "program.10000.webm",
        "program.99999999999.webm",
        "program.-2.webm",
        "program.+2.webm",
        "program.2.2.webm",
        "program.mp4",
        "program",
        "program.",
        "Program.webm",
        "program.WEBM",
        "program.webm.index",
        ".program.webm.part",
        "cam_0_iso.webm",
        "cam_0_local.webm",
        "cam_17_local.webm",
        "cam_1_local",
        "cam_1_local.1.webm",
        "cam_1_local_iso.webm",
        "cam_1_iso_local.webm",
        "cam_1_remote.webm",
        "program_local.webm",
        "cam_01_iso.webm",
        "cam_17_iso.webm",
        "cam__iso.webm",
        "cam_1.webm",
        "cam_1_iso",
        "cam_1_iso.html",
        "cam_1_iso.1.webm",
        "cam_\xd9\xa1_iso.webm",   /* an Arabic one */
        "c\xd0\xb0m_1_iso.webm",   /* a Cyrillic a */
        "program\xef\xbc\x8ewebm", /* a wide dot */
        "program.webm\xe2\x80\x8b",
        "program\xff.webm",
        "manifest.json",
        "events.log",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (store_recording_parse(names[i], NULL))
            g_error("\"%s\" was taken for a name", names[i]);
    g_autofree char *large = g_strnfill(4096, '1');
    g_autofree char *name = g_strdup_printf("program.%s.webm", large);
    g_assert_false(store_recording_parse(name, NULL));
    g_assert_false(store_recording_parse(NULL, NULL));
}

static void test_ids_have_one_spelling(void)
{
    static const char *const bad[] = {"",
                                      "..",
                                      "01234567-89ab-cdef-0123-456789abcde",
                                      "01234567-89ab-cdef-0123-456789abcdef0",
                                      "01234567-89AB-cdef-0123-456789abcdef",
                                      "01234567x89ab-cdef-0123-456789abcdef",
                                      "{1234567-89ab-cdef-0123-456789abcde}",
                                      "0123456-789ab-cdef-0123-456789abcdef",
                                      "01234567-89ab-cdef-0123-456789abcd/.",
                                      "-1234567-89ab-cdef-0123-456789abcdef"};
    g_assert_true(store_id_is_valid("01234567-89ab-cdef-0123-456789abcdef"));
    g_assert_false(store_id_is_valid(NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(store_id_is_valid(bad[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/names/every-name-is-read-as-it-is-written",
                    test_every_name_is_read_as_it_is_written);
    g_test_add_func("/store/names/names-of-the-format-are-names",
                    test_names_of_the_format_are_names);
    g_test_add_func("/store/names/s01/other-names-are-refused", test_other_names_are_refused);
    g_test_add_func("/store/names/ids-have-one-spelling", test_ids_have_one_spelling);
    return g_test_run();
}
