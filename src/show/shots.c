/* shots.json. */
#include <show/shots.h>

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"
#include "read-private.h"

static void shot_free(gpointer data)
{
    ShowShot *shot = data;
    g_free(shot->source);
    g_free(shot->reason);
    json_decref(shot->extra);
    g_free(shot);
}

ShowShots *show_shots_new(void)
{
    ShowShots *shots = g_new0(ShowShots, 1);
    shots->shots = g_ptr_array_new_with_free_func(shot_free);
    return shots;
}

void show_shots_free(ShowShots *shots)
{
    if (shots == NULL)
        return;
    g_ptr_array_unref(shots->shots);
    json_decref(shots->extra);
    g_free(shots);
}

void show_shots_add(ShowShots *shots, gint64 t_ms, const char *source, const char *reason)
{
    ShowShot *shot = g_new0(ShowShot, 1);
    shot->t_ms = t_ms;
    shot->source = g_strdup(source);
    shot->reason = g_strdup(reason);
    g_ptr_array_add(shots->shots, shot);
}

gint64 show_shots_end_ms(const ShowShots *shots, guint index)
{
    g_assert(index < shots->shots->len);
    if (index + 1 < shots->shots->len)
        return ((const ShowShot *)shots->shots->pdata[index + 1])->t_ms;
    return MAX(shots->duration_ms, ((const ShowShot *)shots->shots->pdata[index])->t_ms);
}

static gboolean check_order(const ShowReader *reader, const ShowShots *shots, gint64 t_ms)
{
    guint count = shots->shots->len;
    if (count < 2)
        return t_ms == 0 || show_read_fail(reader, "t", "0 (the first shot begins the program)",
                                           json_object_get(reader->object, "t"));
    gint64 before_ms = ((const ShowShot *)shots->shots->pdata[count - 2])->t_ms;
    return t_ms > before_ms ||
           show_read_fail_text(reader, SHOW_ERROR_INVALID, "t",
                               "expected more than the shot before (%" G_GINT64_FORMAT
                               "), found %" G_GINT64_FORMAT,
                               before_ms, t_ms);
}

static gboolean is_reason(const char *reason)
{
    return reason[0] != '\0';
}

static gboolean is_shown(const char *source)
{
    return source[0] == '\0' || show_id_is_valid(source);
}

static gboolean read_shot(const ShowReader *reader, ShowShots *shots)
{
    static const char *const known[] = {"t", "source", "reason", NULL};
    show_shots_add(shots, 0, NULL, NULL);
    ShowShot *shot = shots->shots->pdata[shots->shots->len - 1];
    if (!show_read_is_object(reader, "a shot, an object") ||
        !show_read_ms(reader, "t", SHOW_REQUIRED, &shot->t_ms) ||
        !check_order(reader, shots, shot->t_ms) ||
        !show_read_text(reader, "source", SHOW_REQUIRED, is_shown,
                        "a name of at most 64 letters, digits, _ . and -, or \"\" for black",
                        &shot->source) ||
        !show_read_text(reader, "reason", SHOW_OPTIONAL, is_reason, "text", &shot->reason))
        return FALSE;
    shot->extra = show_read_rest(reader->object, known);
    return TRUE;
}

static gboolean read_shots(const ShowReader *reader, ShowShots *shots)
{
    const json_t *array;
    if (!show_read_array(reader, "shots", SHOW_REQUIRED, &array))
        return FALSE;
    for (gsize i = 0; i < json_array_size(array); i++) {
        g_autofree char *where = show_read_where(reader, "shots", i);
        ShowReader item = *reader;
        item.where = where;
        item.object = json_array_get(array, i);
        if (!read_shot(&item, shots))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_duration(const ShowReader *reader, const ShowShots *shots)
{
    if (shots->duration_ms == 0 || shots->shots->len == 0)
        return TRUE;
    gint64 last_ms = ((const ShowShot *)shots->shots->pdata[shots->shots->len - 1])->t_ms;
    return shots->duration_ms > last_ms ||
           show_read_fail_text(reader, SHOW_ERROR_INVALID, "duration",
                               "expected more than the last shot's t (%" G_GINT64_FORMAT
                               "), found %" G_GINT64_FORMAT,
                               last_ms, shots->duration_ms);
}

ShowShots *show_shots_from_json(const ShowJson *json, GError **error)
{
    static const char *const known[] = {"version", "rate", "start", "duration", "shots", NULL};
    ShowReader reader = {.name = show_json_name(json),
                         .json = json,
                         .where = "",
                         .object = show_json_root(json),
                         .error = error};
    g_autoptr(ShowShots) shots = show_shots_new();
    if (!show_read_is_object(&reader, "an object with \"shots\"") || !show_read_version(&reader) ||
        !show_read_rate(&reader, "rate", &shots->rate) ||
        !show_read_ms(&reader, "start", SHOW_OPTIONAL, &shots->start_ms) ||
        !show_read_ms(&reader, "duration", SHOW_OPTIONAL, &shots->duration_ms) ||
        !read_shots(&reader, shots) || !check_duration(&reader, shots))
        return NULL;
    shots->extra = show_read_rest(reader.object, known);
    return g_steal_pointer(&shots);
}

static json_t *shot_to_json(const ShowShot *shot)
{
    json_t *object = json_object();
    show_write_integer(object, "t", shot->t_ms);
    show_write_text(object, "source", shot->source);
    show_write_text(object, "reason", shot->reason);
    show_write_rest(object, shot->extra);
    return object;
}

json_t *show_shots_to_json(const ShowShots *shots)
{
    json_t *object = json_object(), *array = json_array();
    show_write_integer(object, "version", 1);
    show_write_rate(object, "rate", shots->rate);
    show_write_integer(object, "start", shots->start_ms);
    if (shots->duration_ms > 0)
        show_write_integer(object, "duration", shots->duration_ms);
    for (guint i = 0; i < shots->shots->len; i++)
        json_array_append_new(array, shot_to_json(shots->shots->pdata[i]));
    json_object_set_new(object, "shots", array);
    show_write_rest(object, shots->extra);
    return object;
}
