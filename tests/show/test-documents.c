/* manifest.json, shots.json and highlights.json: exact errors, and nothing lost on the way. */
#include <show/error.h>
#include <show/highlights.h>
#include <show/limits.h>
#include <show/manifest.h>
#include <show/shots.h>

#include <string.h>

/* Reads one kind of document and writes it again; NULL after an error. */
typedef json_t *(*Pass)(const ShowJson *json, GError **error);

static json_t *pass_manifest(const ShowJson *json, GError **error)
{
    g_autoptr(ShowManifest) manifest = show_manifest_from_json(json, error);
    return manifest != NULL ? show_manifest_to_json(manifest) : NULL;
}

static json_t *pass_shots(const ShowJson *json, GError **error)
{
    g_autoptr(ShowShots) shots = show_shots_from_json(json, error);
    return shots != NULL ? show_shots_to_json(shots) : NULL;
}

static json_t *pass_highlights(const ShowJson *json, GError **error)
{
    g_autoptr(ShowHighlights) highlights = show_highlights_from_json(json, error);
    return highlights != NULL ? show_highlights_to_json(highlights) : NULL;
}

static char *pass(Pass reader, const char *text, GError **error)
{
    g_autoptr(ShowJson) json = show_json_parse("a.json", text, strlen(text), error);
    g_assert_nonnull(json);
    json_t *written = reader(json, error);
    char *again = written != NULL ? show_json_text(written, TRUE) : NULL;
    json_decref(written);
    return again;
}

static void check_unchanged(Pass reader, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *again = pass(reader, text, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again, ==, text);
}

typedef struct Case {
    const char *text;
    const char *message; /* without "a.json: " */
} Case;

static void check_refused(Pass reader, const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *again = pass(reader, text, &error);
    g_assert_null(again);
    g_assert_nonnull(error);
    g_autofree char *message = g_strconcat("a.json: ", expected, NULL);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_true(error->domain == SHOW_ERROR);
}

static const char manifest_text[] =
    "{\n"
    "  \"version\": 1,\n"
    "  \"id\": \"7d1e9a40-5a3f-4b52-8d0e-2f7f8a1c9b11\",\n"
    "  \"name\": \"Müller & friends\",\n"
    "  \"started_at\": \"2026-11-23T20:15:00Z\",\n"
    "  \"state\": \"complete\",\n"
    "  \"program\": {\n"
    "    \"start\": 40,\n"
    "    \"duration\": 61200,\n"
    "    \"rate\": [30000, 1001],\n"
    "    \"colour\": \"bt709\"\n"
    "  },\n"
    "  \"sources\": [\n"
    "    {\n"
    "      \"id\": \"cam_1\",\n"
    "      \"label\": \"Host\",\n"
    "      \"role\": \"person\",\n"
    "      \"priority\": 2,\n"
    "      \"seat\": {\n"
    "        \"row\": 1\n"
    "      }\n"
    "    },\n"
    "    {\n"
    "      \"id\": \"mic_1\",\n"
    "      \"label\": \"mic_1\",\n"
    "      \"role\": \"mic\",\n"
    "      \"camera\": \"cam_1\"\n"
    "    }\n"
    "  ],\n"
    "  \"settings\": {\n"
    "    \"min_shot\": 2.0\n"
    "  },\n"
    "  \"files\": [\n"
    "    {\n"
    "      \"name\": \"Clip 1.MOV\",\n"
    "      \"kind\": \"iso\",\n"
    "      \"source\": \"cam_1\",\n"
    "      \"path\": \"/media/a card/Clip 1.MOV\",\n"
    "      \"start\": 1234.567891,\n"
    "      \"drift_ppm\": -12.5,\n"
    "      \"duration\": 61200,\n"
    "      \"bytes\": 9007199254740993,\n"
    "      \"sha256\": \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\n"
    "      \"video\": \"h264\",\n"
    "      \"audio\": \"aac\",\n"
    "      \"gaps\": [\n"
    "        [1000, 1500],\n"
    "        [1500, 1600]\n"
    "      ],\n"
    "      \"confidence\": 0.91\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"Clip 1.MOV\",\n"
    "      \"kind\": \"iso\",\n"
    "      \"source\": \"mic_1\",\n"
    "      \"path\": \"/media/b card/Clip 1.MOV\",\n"
    "      \"start\": -3,\n"
    "      \"drift_ppm\": 0,\n"
    "      \"duration\": 0,\n"
    "      \"bytes\": 0\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"events.log\",\n"
    "      \"kind\": \"log\",\n"
    "      \"bytes\": 12\n"
    "    }\n"
    "  ],\n"
    "  \"weather\": [\n"
    "    {\n"
    "      \"rain\": null\n"
    "    }\n"
    "  ]\n"
    "}\n";

static void a_manifest_comes_back_byte_for_byte(void)
{
    check_unchanged(pass_manifest, manifest_text);
}

/* One line of the good manifest is replaced; the error must name that very line. */
static void a_manifest_error_names_its_line(void)
{
    static const struct {
        const char *good, *bad, *message;
    } cases[] = {
        {"\"version\": 1,", "\"version\": 2,",
         "line 2: \"version\": expected 1 (a newer Crosscut reads more), found 2"},
        {"\"7d1e9a40-5a3f", "\"7d1e9a40",
         "line 3: \"id\": expected a UUID, found "
         "\"7d1e9a40-4b52-8d0e-2f7f8a1c9b11\""},
        {"\"Müller & friends\"", "\"\\u001b[31m\"",
         "line 4: \"name\": expected 1 to 200 bytes of text without control characters, "
         "found \"\\u001b[31m\""},
        {"T20:15:00Z", " 20:15",
         "line 5: \"started_at\": expected an RFC 3339 time such as 2026-11-23T20:15:00Z, "
         "found \"2026-11-23 20:15\""},
        {"-11-23T", "-11-31T",
         "line 5: \"started_at\": expected an RFC 3339 time such as 2026-11-23T20:15:00Z, "
         "found \"2026-11-31T20:15:00Z\""},
        {"\"complete\"", "\"done\"",
         "line 6: \"state\": expected recording, stopping or complete, found \"done\""},
        {"\"duration\": 61200,\n    \"rate\"", "\"duration\": -1,\n    \"rate\"",
         "line 9: program.\"duration\": expected milliseconds ≥ 0, found -1"},
        {"[30000, 1001]", "[30000, 0]",
         "line 10: program.\"rate\": expected frames a second as [number, divisor], "
         "found an array"},
        {"\"role\": \"person\"", "\"role\": \"boss\"",
         "line 17: sources[0].\"role\": expected person, wide, screen or mic, found \"boss\""},
        {"\"priority\": 2", "\"priority\": 11",
         "line 18: sources[0].\"priority\": expected a whole number from -10 to 10, found 11"},
        {"\"id\": \"mic_1\"", "\"id\": \"cam_1\"",
         "line 24: sources[1].\"id\": expected an id of its own, found \"cam_1\", which "
         "sources[0] has"},
        {"\"camera\": \"cam_1\"", "\"camera\": \"cam_9\"",
         "line 27: sources[1].\"camera\": expected the id of a source with a picture, "
         "found \"cam_9\""},
        {"\"camera\": \"cam_1\"", "\"camera\": \"mic_1\"",
         "line 27: sources[1].\"camera\": expected the id of a source with a picture, "
         "found \"mic_1\""},
        {"\"name\": \"events.log\"", "\"name\": \"../../etc/passwd\"",
         "line 63: files[2].\"name\": expected the name of a file, without folders, "
         "found \"../../etc/passwd\""},
        {"\"name\": \"events.log\"", "\"name\": \"..\"",
         "line 63: files[2].\"name\": expected the name of a file, without folders, "
         "found \"..\""},
        {"\"source\": \"mic_1\"", "\"source\": \"cam_2\"",
         "line 55: files[1].\"source\": expected the id of one of \"sources\", found \"cam_2\""},
        {"/media/a card/", "media/",
         "line 38: files[0].\"path\": expected an absolute path, found \"media/Clip 1.MOV\""},
        {"/media/b card/", "/media/a card/",
         "line 53: files[1].\"name\": expected a name of its own, found \"Clip 1.MOV\", which "
         "files[0] has"},
        {"1234.567891", "\"1\"",
         "line 39: files[0].\"start\": expected milliseconds on the session clock, found \"1\""},
        {"-12.5", "-1e6",
         "line 40: files[0].\"drift_ppm\": expected parts per million from -10000 to 10000, "
         "found -1000000.0"},
        {"9007199254740993", "1.5",
         "line 42: files[0].\"bytes\": expected a number of bytes, "
         "found 1.5"},
        {"\"0123456789abcdef", "\"0123456789ABCDEF",
         "line 43: files[0].\"sha256\": expected 64 lower-case hexadecimal digits, "
         "found \"0123456789ABCDEF0123456789abcdef0123456…\""},
        {"[1500, 1600]", "[1400, 1600]",
         "line 48: files[0].gaps[1]: expected gaps in order, each longer than nothing, "
         "found [1400, 1600]"},
        {"[1500, 1600]", "1600",
         "line 48: files[0].gaps[1]: expected [start, end] in milliseconds, found 1600"},
        {"{\n    \"min_shot\": 2.0\n  }", "[\n\n\n]",
         "line 30: \"settings\": expected an object, found an array"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_nonnull(strstr(manifest_text, cases[i].good));
        g_auto(GStrv) parts = g_strsplit(manifest_text, cases[i].good, 2);
        g_autofree char *text = g_strjoinv(cases[i].bad, parts);
        check_refused(pass_manifest, text, cases[i].message);
    }
}

static void a_manifest_needs_its_parts(void)
{
    static const Case cases[] = {
        {"[]", "line 1: expected a manifest, an object, found an array"},
        {"\n{}", "line 2: \"id\": expected a UUID, found nothing"},
        {"{\"id\":\"7d1e9a40-5a3f-4b52-8d0e-2f7f8a1c9b11\",\n"
         "\"started_at\":\"2026-11-23T20:15:00.5+01:00\",\"state\":\"recording\"}",
         "line 1: \"files\": expected an array, found nothing"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_refused(pass_manifest, cases[i].text, cases[i].message);
}

static void a_manifest_names_only_so_many_files(void)
{
    GString *text = g_string_new("{\"id\":\"7d1e9a40-5a3f-4b52-8d0e-2f7f8a1c9b11\",\n"
                                 "\"started_at\":\"2026-11-23T20:15:00Z\",\n"
                                 "\"state\":\"complete\",\n\"files\":[0");
    for (int i = 0; i < SHOW_FILES_MAX; i++)
        g_string_append(text, ",0");
    g_string_append(text, "]}");
    check_refused(pass_manifest, text->str,
                  "line 4: \"files\": expected at most 10000 files, found 10001");
    g_string_free(text, TRUE);
}

static void a_new_manifest_can_be_read(void)
{
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    g_assert_cmpint(manifest->state, ==, SHOW_STATE_COMPLETE);
    json_t *written = show_manifest_to_json(manifest);
    g_autofree char *text = show_json_text(written, TRUE);
    json_decref(written);
    check_unchanged(pass_manifest, text);
}

static void a_file_replaces_its_older_self(void)
{
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    ShowFile *old = show_file_new("program.mp4", "program");
    ShowFile *new = show_file_new("program.mp4", "program");
    ShowFile *iso = show_file_new("IMG_1.MOV", "iso"), *other = show_file_new("IMG_1.MOV", "iso");
    iso->path = g_strdup("/a/IMG_1.MOV");
    iso->source = g_strdup("cam_1");
    other->path = g_strdup("/b/IMG_1.MOV");
    other->source = g_strdup("cam_2");
    show_manifest_take_file(manifest, old);
    show_manifest_take_file(manifest, iso);
    show_manifest_take_file(manifest, other);
    show_manifest_take_file(manifest, new);
    show_manifest_take_file(manifest, new); /* again, itself */
    g_assert_cmpuint(manifest->files->len, ==, 3);
    g_assert_true(show_manifest_find(manifest, "program.mp4") == new);
    g_assert_true(show_manifest_recording(manifest, "cam_2") == other);
    g_assert_null(show_manifest_recording(manifest, "cam_3"));
    g_assert_null(show_manifest_find(manifest, "nothing"));
    g_assert_null(show_manifest_find(manifest, "IMG_1.MOV")); /* lies elsewhere, twice */
}

static void starts_survive_many_turns(void)
{
    for (int i = 0; i < 500; i++) {
        g_autoptr(ShowManifest) manifest = show_manifest_new();
        ShowFile *file = show_file_new("a.mp4", "iso");
        file->clock.start_s = g_test_rand_double_range(-100, 40000);
        file->clock.drift_ppm = g_test_rand_double_range(-200, 200);
        show_manifest_take_file(manifest, file);
        json_t *written = show_manifest_to_json(manifest);
        g_autofree char *text = show_json_text(written, TRUE);
        json_decref(written);
        check_unchanged(pass_manifest, text);
    }
}

static void shots_come_back_byte_for_byte(void)
{
    check_unchanged(pass_shots, "{\n"
                                "  \"version\": 1,\n"
                                "  \"rate\": [25, 1],\n"
                                "  \"start\": 120,\n"
                                "  \"duration\": 9000,\n"
                                "  \"shots\": [\n"
                                "    {\n"
                                "      \"t\": 0,\n"
                                "      \"source\": \"wide\",\n"
                                "      \"reason\": \"opening\"\n"
                                "    },\n"
                                "    {\n"
                                "      \"t\": 4000,\n"
                                "      \"source\": \"cam_2\",\n"
                                "      \"zoom\": [0.5, 1]\n"
                                "    }\n"
                                "  ],\n"
                                "  \"by\": {\n"
                                "    \"crosscut\": \"0.2.0\"\n"
                                "  }\n"
                                "}\n");
}

static void shots_read_the_shortest_form(void)
{
    static const char text[] = "{\"shots\":[{\"t\":0,\"source\":\"cam_1\"},"
                               "{\"t\":1999.6,\"source\":\"wide\"}]}";
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", text, strlen(text), &error);
    g_autoptr(ShowShots) shots = show_shots_from_json(json, &error);
    g_assert_no_error(error);
    g_assert_cmpint(show_shots_end_ms(shots, 0), ==, 2000);
    g_assert_cmpint(show_shots_end_ms(shots, 1), ==, 2000);
    shots->duration_ms = 5000;
    g_assert_cmpint(show_shots_end_ms(shots, 1), ==, 5000);
    g_assert_cmpint(shots->rate.num, ==, 0);
    g_autofree char *none = pass(pass_shots, "{\"shots\":[]}", &error);
    g_assert_no_error(error);
}

static void shots_must_be_in_order(void)
{
    static const Case cases[] = {
        {"[]", "line 1: expected an object with \"shots\", found an array"},
        {"{}", "line 1: \"shots\": expected an array, found nothing"},
        {"{\"shots\":[\n{\"t\":40,\"source\":\"a\"}]}",
         "line 2: shots[0].\"t\": expected 0 (the first shot begins the program), found 40"},
        {"{\"shots\":[{\"t\":0,\"source\":\"a\"},\n{\"t\":9,\"source\":\"b\"},\n"
         "{\"source\":\"c\",\n\"t\":9}]}",
         "line 4: shots[2].\"t\": expected more than the shot before (9), found 9"},
        {"{\"shots\":[{\"t\":0,\"source\":\"a\"},\n\n{\"t\":\"1s\",\"source\":\"b\"}]}",
         "line 3: shots[1].\"t\": expected milliseconds ≥ 0, found \"1s\""},
        {"{\"shots\":[{\"t\":0}]}", "line 1: shots[0].\"source\": expected a name of at most 64 "
                                    "letters, digits, _ . and -, or \"\" for black, found nothing"},
        {"{\"shots\":[\n3]}", "line 2: shots[0]: expected a shot, an object, found 3"},
        {"{\"duration\":9,\"shots\":[{\"t\":0,\"source\":\"a\"},{\"t\":9,\"source\":\"b\"}]}",
         "line 1: \"duration\": expected more than the last shot's t (9), found 9"},
        {"{\"rate\":25,\"shots\":[]}",
         "line 1: \"rate\": expected frames a second as [number, divisor], found 25"},
        {"{\"version\":\"1\",\"shots\":[]}", "line 1: \"version\": expected 1, found \"1\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_refused(pass_shots, cases[i].text, cases[i].message);
}

static void highlights_come_back_byte_for_byte(void)
{
    check_unchanged(pass_highlights, "{\n"
                                     "  \"version\": 1,\n"
                                     "  \"total\": 10000,\n"
                                     "  \"pieces\": [\n"
                                     "    {\n"
                                     "      \"start\": 1000,\n"
                                     "      \"end\": 9000,\n"
                                     "      \"at\": 0,\n"
                                     "      \"people\": [\"cam_1\", \"cam_2\"],\n"
                                     "      \"score\": 0.93,\n"
                                     "      \"reason\": \"dense speech\",\n"
                                     "      \"words\": 31\n"
                                     "    },\n"
                                     "    {\n"
                                     "      \"start\": 9000,\n"
                                     "      \"end\": 11000,\n"
                                     "      \"at\": 8000,\n"
                                     "      \"people\": [],\n"
                                     "      \"score\": 1\n"
                                     "    }\n"
                                     "  ],\n"
                                     "  \"note\": \"fewer than asked for\",\n"
                                     "  \"x\": {}\n"
                                     "}\n");
}

static void highlights_must_be_in_order(void)
{
    static const Case cases[] = {
        {"{}", "line 1: \"pieces\": expected an array, found nothing"},
        {"{\"pieces\":[{\"start\":5,\n\"end\":5}]}",
         "line 2: pieces[0].\"end\": expected more than start (5), found 5"},
        {"{\"pieces\":[{\"start\":0,\"end\":10},\n{\"start\":9,\"end\":20}]}",
         "line 2: pieces[1].\"start\": expected the end of the piece before (10) or later, "
         "found 9"},
        {"{\"pieces\":[{\"start\":0,\"end\":10,\"score\":1.5}]}",
         "line 1: pieces[0].\"score\": expected a number from 0 to 1, found 1.5"},
        {"{\"pieces\":[{\"start\":0,\"end\":10,\n\"people\":[\"a\",\n\"b c\"]}]}",
         "line 3: pieces[0].people[1]: expected the id of a source, found \"b c\""},
        {"{\"pieces\":[],\"note\":3}", "line 1: \"note\": expected text, found 3"},
        {"{\"pieces\":[],\"total\":\"x\"}",
         "line 1: \"total\": expected milliseconds ≥ 0, found \"x\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_refused(pass_highlights, cases[i].text, cases[i].message);
}

static void a_source_error_names_where(void)
{
    static const Case cases[] = {
        {"{\"id\":\"a\",\"role\":\"boss\"}",
         "sources[2].\"role\": expected person, wide, screen or mic, found \"boss\""},
        {"{\"label\":\"a\"}", "sources[2].\"id\": expected a name of at most 64 letters, digits, "
                              "_ . and -, found nothing"},
        {"[]", "sources[2]: expected a source, an object, found an array"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *value = json_loads(cases[i].text, 0, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(show_source_from_json("a.json", "sources[2]", value, &error));
        g_autofree char *message = g_strconcat("a.json: ", cases[i].message, NULL);
        g_assert_cmpstr(error->message, ==, message);
        json_decref(value);
    }
}

static void a_copied_source_is_its_own(void)
{
    g_autoptr(ShowSource) source = show_source_new("m", NULL, SHOW_ROLE_MIC);
    source->camera = g_strdup("cam_1");
    source->extra = json_pack("{s:[i]}", "a", 1);
    g_autoptr(ShowSource) copy = show_source_dup(source);
    json_array_append_new(json_object_get(source->extra, "a"), json_null());
    g_assert_cmpuint(json_array_size(json_object_get(copy->extra, "a")), ==, 1);
    g_assert_cmpstr(copy->label, ==, "m");
    g_assert_cmpstr(copy->camera, ==, "cam_1");
    for (int role = SHOW_ROLE_PERSON; role <= SHOW_ROLE_MIC; role++)
        g_assert_cmpint(show_role_from_name(show_role_name((ShowRole)role)), ==, role);
    g_assert_cmpint(show_role_from_name("unset"), ==, SHOW_ROLE_UNSET);
    g_assert_cmpint(show_role_from_name(NULL), ==, SHOW_ROLE_UNSET);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/show/manifest/comes-back-byte-for-byte", a_manifest_comes_back_byte_for_byte);
    g_test_add_func("/show/manifest/error-names-its-line", a_manifest_error_names_its_line);
    g_test_add_func("/show/manifest/needs-its-parts", a_manifest_needs_its_parts);
    g_test_add_func("/show/manifest/names-only-so-many-files", a_manifest_names_only_so_many_files);
    g_test_add_func("/show/manifest/a-new-one-can-be-read", a_new_manifest_can_be_read);
    g_test_add_func("/show/manifest/a-file-replaces-its-older-self",
                    a_file_replaces_its_older_self);
    g_test_add_func("/show/manifest/starts-survive-many-turns", starts_survive_many_turns);
    g_test_add_func("/show/shots/come-back-byte-for-byte", shots_come_back_byte_for_byte);
    g_test_add_func("/show/shots/read-the-shortest-form", shots_read_the_shortest_form);
    g_test_add_func("/show/shots/must-be-in-order", shots_must_be_in_order);
    g_test_add_func("/show/highlights/come-back-byte-for-byte", highlights_come_back_byte_for_byte);
    g_test_add_func("/show/highlights/must-be-in-order", highlights_must_be_in_order);
    g_test_add_func("/show/source/error-names-where", a_source_error_names_where);
    g_test_add_func("/show/source/a-copy-is-its-own", a_copied_source_is_its_own);
    return g_test_run();
}
