/* Any bytes through the reader of JSON and, when they are JSON, through every reader of a file of a
 * show. What a reader takes, its writer writes, and that reads and writes the same again. */
#include <show/event.h>
#include <show/highlights.h>
#include <show/manifest.h>
#include <show/shots.h>
#include <show/source.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads and writes; NULL when the reader refuses. */
typedef json_t *(*Pass)(const ShowJson *json);

static json_t *pass_event(const ShowJson *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowEvent) event = show_event_from_json("a.json", 1, show_json_root(json), &error);
    g_assert((event == NULL) == (error != NULL));
    return event != NULL ? show_event_to_json(event) : NULL;
}

static json_t *pass_source(const ShowJson *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowSource) source =
        show_source_from_json("a.json", "sources[0]", show_json_root(json), &error);
    g_assert((source == NULL) == (error != NULL));
    return source != NULL ? show_source_to_json(source) : NULL;
}

static json_t *pass_manifest(const ShowJson *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowManifest) manifest = show_manifest_from_json(json, &error);
    g_assert((manifest == NULL) == (error != NULL));
    return manifest != NULL ? show_manifest_to_json(manifest) : NULL;
}

static json_t *pass_shots(const ShowJson *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowShots) shots = show_shots_from_json(json, &error);
    g_assert((shots == NULL) == (error != NULL));
    return shots != NULL ? show_shots_to_json(shots) : NULL;
}

static json_t *pass_highlights(const ShowJson *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowHighlights) highlights = show_highlights_from_json(json, &error);
    g_assert((highlights == NULL) == (error != NULL));
    return highlights != NULL ? show_highlights_to_json(highlights) : NULL;
}

static void check_stable(Pass pass, const ShowJson *json)
{
    json_t *first = pass(json);
    if (first == NULL)
        return;
    g_autofree char *text = show_json_text(first, TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) back = show_json_parse("b.json", text, strlen(text), &error);
    g_assert_no_error(error);
    json_t *second = pass(back);
    g_assert_nonnull(second);
    g_autofree char *again = show_json_text(second, TRUE);
    g_assert_cmpstr(text, ==, again);
    json_decref(first);
    json_decref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Pass passes[] = {pass_event, pass_source, pass_manifest, pass_shots,
                                  pass_highlights};
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("a.json", (const char *)data, size, &error);
    g_assert((json == NULL) == (error != NULL));
    if (json == NULL) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
        return 0;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(passes); i++)
        check_stable(passes[i], json);
    return 0;
}
