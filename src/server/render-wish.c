/* What a render is asked for. It is checked when it is asked, so that the answer can name what is
 * wrong, and again when it is done: the queue is a file. */
#include <server/render-wish.h>

#include <edit/highlights.h>
#include <edit/settings.h>
#include <server/error.h>
#include <show/json.h>
#include <show/limits.h>

#include <string.h>

enum { HEIGHT_MIN = 90, HEIGHT_MAX = 2160 };

static gboolean invalid(GError **error, const char *message)
{
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID, message);
    return FALSE;
}

static gboolean check_mode(const json_t *mode, GError **error)
{
    static const char *const names[] = {"full", "look-ahead", "causal", NULL};
    const char *name = json_string_value(mode);
    if (mode == NULL || (name != NULL && g_strv_contains(names, name)))
        return TRUE;
    return invalid(error, "settings: mode: expected full, look-ahead or causal");
}

static gboolean check_settings(const json_t *settings, GError **error)
{
    if (settings == NULL)
        return TRUE;
    if (!json_is_object(settings))
        return invalid(error, "settings: expected an object");
    if (!check_mode(json_object_get(settings, "mode"), error))
        return FALSE;
    DirectorSettings given;
    director_settings_defaults(&given);
    json_t *others = json_copy((json_t *)settings);
    json_object_del(others, "mode");
    gboolean is_good = edit_settings_apply_json(&given, "settings", others, error);
    json_decref(others);
    return is_good;
}

static gint64 time_of(const json_t *value)
{
    gint64 ms = json_is_integer(value) ? json_integer_value(value) : -1;
    return ms >= 0 && ms <= SHOW_T_MS_MAX ? ms : -1;
}

/* The pieces of the highlights that somebody chose; none when there are too many. */
static guint read_pieces(const json_t *list, EditPiece pieces[EDIT_PIECES_MAX])
{
    gsize count = json_array_size(list) <= EDIT_PIECES_MAX ? json_array_size(list) : 0;
    for (gsize i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        pieces[i] = (EditPiece){time_of(json_object_get(entry, "start")),
                                time_of(json_object_get(entry, "end"))};
    }
    return (guint)count;
}

static gboolean check_pieces(const json_t *list, GError **error)
{
    EditPiece pieces[EDIT_PIECES_MAX];
    if (list == NULL)
        return TRUE;
    const char *wrong = edit_pieces_check(pieces, read_pieces(list, pieces));
    if (wrong == NULL)
        return TRUE;
    g_autofree char *message = g_strdup_printf("highlights: %s", wrong);
    return invalid(error, message);
}

static gboolean check_only(const json_t *wish, GError **error)
{
    static const char *const names[] = {"highlights", "timelines", NULL};
    const json_t *only = json_object_get(wish, "only");
    const char *name = json_string_value(only);
    if (only == NULL)
        return TRUE;
    if (name == NULL || !g_strv_contains(names, name))
        return invalid(error, "only: expected highlights or timelines");
    if (json_object_get(wish, "settings") != NULL || json_object_get(wish, "height") != NULL ||
        json_object_get(wish, "cut") != NULL)
        return invalid(error, "only: the program stays as it is: no settings, height or cut");
    return TRUE;
}

static gboolean check(const json_t *wish, GError **error)
{
    const json_t *height = json_object_get(wish, "height");
    const json_t *cut = json_object_get(wish, "cut");
    if (height != NULL && (!json_is_integer(height) || json_integer_value(height) < HEIGHT_MIN ||
                           json_integer_value(height) > HEIGHT_MAX))
        return invalid(error, "height: expected a whole number from 90 to 2160");
    if (cut != NULL &&
        !(json_is_string(cut) && strlen(json_string_value(cut)) == json_string_length(cut) &&
          show_id_is_valid(json_string_value(cut))))
        return invalid(error, "cut: expected a name of letters, digits, _ . and -");
    return check_only(wish, error) && check_pieces(json_object_get(wish, "highlights"), error) &&
           check_settings(json_object_get(wish, "settings"), error);
}

char *server_render_wish_text(const json_t *body, GError **error)
{
    static const char *const members[] = {"settings", "height", "cut", "highlights", "only"};
    if (body != NULL && !check(body, error))
        return NULL;
    json_t *wish = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
        if (json_object_get(body, members[i]) != NULL)
            json_object_set(wish, members[i], json_object_get(body, members[i]));
    char *dumped = json_dumps(wish, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    json_decref(wish);
    char *text = g_strdup(dumped);
    free(dumped);
    return text;
}

/* "min_shot=2.5"; the kind of show goes first, since single settings are above it. */
static void add_setting(GStrvBuilder *options, const char *name, const json_t *value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    const char *text = json_is_string(value) ? json_string_value(value)
                                             : g_ascii_formatd(number, sizeof number, "%.6g",
                                                               json_number_value(value));
    g_autofree char *pair = g_strconcat(name, "=", text, NULL);
    gboolean is_mode = strcmp(name, "mode") == 0;
    g_strv_builder_add(options, is_mode ? "--mode" : "--set");
    g_strv_builder_add(options, is_mode ? text : pair);
}

static void add_settings(GStrvBuilder *options, json_t *settings)
{
    const char *name = NULL;
    json_t *value = json_object_get(settings, "preset");
    if (value != NULL)
        add_setting(options, "preset", value);
    json_object_foreach(settings, name, value) if (strcmp(name, "preset") != 0)
        add_setting(options, name, value);
}

/* "1.000-9.000,20.000-31.500" */
static void add_pieces(GStrvBuilder *options, const json_t *list)
{
    EditPiece pieces[EDIT_PIECES_MAX];
    guint count = read_pieces(list, pieces);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT ".%03d-%" G_GINT64_FORMAT ".%03d",
                               i > 0 ? "," : "", pieces[i].start_ms / 1000,
                               (int)(pieces[i].start_ms % 1000), pieces[i].end_ms / 1000,
                               (int)(pieces[i].end_ms % 1000));
    if (count > 0)
        g_strv_builder_add_many(options, "--pieces", text->str, NULL);
}

char **server_render_wish_options(const char *text, GError **error)
{
    json_t *wish = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(wish) || !check(wish, error)) {
        if (error != NULL && *error == NULL)
            invalid(error, "this is nothing that a render can be asked for");
        json_decref(wish);
        return NULL;
    }
    g_autoptr(GStrvBuilder) options = g_strv_builder_new();
    add_settings(options, json_object_get(wish, "settings"));
    const json_t *height = json_object_get(wish, "height");
    const char *cut = json_string_value(json_object_get(wish, "cut"));
    if (height != NULL) {
        g_autofree char *pixels = g_strdup_printf("%d", (int)json_integer_value(height));
        g_strv_builder_add_many(options, "--height", pixels, NULL);
    }
    const char *only = json_string_value(json_object_get(wish, "only"));
    if (cut != NULL)
        g_strv_builder_add_many(options, "--cut", cut, NULL);
    if (only != NULL)
        g_strv_builder_add_many(options, "--only", only, NULL);
    add_pieces(options, json_object_get(wish, "highlights"));
    json_decref(wish);
    return g_strv_builder_end(options);
}

char *server_render_wish_cut(const char *text)
{
    json_t *wish = json_loads(text, 0, NULL);
    char *cut = g_strdup(json_string_value(json_object_get(wish, "cut")));
    json_decref(wish);
    return cut;
}

char *server_render_wish_only(const char *text)
{
    json_t *wish = json_loads(text, 0, NULL);
    char *only = g_strdup(json_string_value(json_object_get(wish, "only")));
    json_decref(wish);
    return only;
}

StoreKeep server_render_wish_keeps(const char *text)
{
    g_autofree char *only = server_render_wish_only(text);
    g_autofree char *cut = server_render_wish_cut(text);
    return only != NULL ? STORE_KEEP_ALL : cut != NULL ? STORE_KEEP_CAMERAS : STORE_KEEP_NOTHING;
}
