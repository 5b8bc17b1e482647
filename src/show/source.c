/* A source and lists of them. */
#include <show/source.h>

#include <show/error.h>
#include <show/limits.h>

#include "source-private.h"

static const char *const role_names[] = {
    [SHOW_ROLE_UNSET] = "unset",   [SHOW_ROLE_PERSON] = "person", [SHOW_ROLE_WIDE] = "wide",
    [SHOW_ROLE_SCREEN] = "screen", [SHOW_ROLE_MIC] = "mic",
};

ShowSource *show_source_new(const char *id, const char *label, ShowRole role)
{
    ShowSource *source = g_new0(ShowSource, 1);
    source->id = g_strdup(id);
    source->label = g_strdup(label != NULL ? label : id);
    source->role = role;
    return source;
}

ShowSource *show_source_dup(const ShowSource *source)
{
    ShowSource *copy = show_source_new(source->id, source->label, source->role);
    copy->priority = source->priority;
    copy->camera = g_strdup(source->camera);
    copy->extra = json_deep_copy(source->extra);
    return copy;
}

void show_source_free(ShowSource *source)
{
    if (source == NULL)
        return;
    g_free(source->id);
    g_free(source->label);
    g_free(source->camera);
    json_decref(source->extra);
    g_free(source);
}

const char *show_role_name(ShowRole role)
{
    return role_names[(guint)role < G_N_ELEMENTS(role_names) ? role : SHOW_ROLE_UNSET];
}

ShowRole show_role_from_name(const char *name)
{
    for (guint role = SHOW_ROLE_PERSON; role < G_N_ELEMENTS(role_names); role++)
        if (g_strcmp0(name, role_names[role]) == 0)
            return (ShowRole)role;
    return SHOW_ROLE_UNSET;
}

static gboolean read_role(const ShowReader *reader, ShowRole *role)
{
    const json_t *value = json_object_get(reader->object, "role");
    if (value == NULL)
        return TRUE;
    *role = show_role_from_name(json_string_value(value));
    return *role != SHOW_ROLE_UNSET ||
           show_read_fail(reader, "role", "person, wide, screen or mic", value);
}

ShowSource *show_source_read(const ShowReader *reader)
{
    static const char *const known[] = {"id", "label", "role", "priority", "camera", NULL};
    g_autoptr(ShowSource) source = g_new0(ShowSource, 1);
    gint64 priority = 0;
    source->role = SHOW_ROLE_PERSON;
    if (!show_read_is_object(reader, "a source, an object") ||
        !show_read_id(reader, "id", SHOW_REQUIRED, &source->id) ||
        !show_read_label(reader, "label", &source->label) || !read_role(reader, &source->role) ||
        !show_read_integer(reader, "priority", -10, 10, "a whole number from -10 to 10",
                           &priority) ||
        !show_read_id(reader, "camera", SHOW_OPTIONAL, &source->camera))
        return NULL;
    source->priority = (int)priority;
    if (source->label == NULL)
        source->label = g_strdup(source->id);
    source->extra = show_read_rest(reader->object, known);
    return g_steal_pointer(&source);
}

ShowSource *show_source_from_json(const char *name, const char *where, const json_t *value,
                                  GError **error)
{
    ShowReader reader = {
        .name = name, .where = where != NULL ? where : "", .object = value, .error = error};
    return show_source_read(&reader);
}

json_t *show_source_to_json(const ShowSource *source)
{
    json_t *object = json_object();
    show_write_text(object, "id", source->id);
    show_write_text(object, "label", source->label);
    if (source->role != SHOW_ROLE_UNSET)
        show_write_text(object, "role", show_role_name(source->role));
    if (source->priority != 0)
        show_write_integer(object, "priority", source->priority);
    show_write_text(object, "camera", source->camera);
    show_write_rest(object, source->extra);
    return object;
}

int show_sources_find(const GPtrArray *sources, const char *id)
{
    for (guint i = 0; i < sources->len; i++)
        if (g_strcmp0(((const ShowSource *)sources->pdata[i])->id, id) == 0)
            return (int)i;
    return -1;
}

/* The mics' cameras can be checked only when all sources are known. */
static gboolean check_cameras(const ShowReader *reader, const char *member,
                              const GPtrArray *sources)
{
    for (guint i = 0; i < sources->len; i++) {
        const ShowSource *source = sources->pdata[i];
        int camera = source->camera != NULL ? show_sources_find(sources, source->camera) : (int)i;
        if (camera >= 0 && (source->camera == NULL ||
                            ((ShowSource *)sources->pdata[camera])->role != SHOW_ROLE_MIC))
            continue;
        g_autofree char *where = show_read_where(reader, member, i);
        ShowReader item = *reader;
        item.where = where;
        return show_read_fail_text(&item, SHOW_ERROR_INVALID, "camera",
                                   "expected the id of a source with a picture, found \"%s\"",
                                   source->camera);
    }
    return TRUE;
}

static gboolean read_item(const ShowReader *reader, const char *member, const json_t *value,
                          GPtrArray *sources)
{
    g_autofree char *where = show_read_where(reader, member, sources->len);
    ShowReader item = *reader;
    item.where = where;
    item.object = value;
    ShowSource *source = show_source_read(&item);
    if (source == NULL)
        return FALSE;
    int same = show_sources_find(sources, source->id);
    g_ptr_array_add(sources, source);
    return same < 0 || show_read_fail_text(&item, SHOW_ERROR_INVALID, "id",
                                           "expected an id of its own, found \"%s\", which "
                                           "%s[%d] has",
                                           source->id, member, same);
}

GPtrArray *show_sources_read(const ShowReader *reader, const char *member)
{
    const json_t *array;
    if (!show_read_array(reader, member, SHOW_OPTIONAL, &array))
        return NULL;
    gsize count = json_array_size(array);
    if (count > SHOW_SOURCES_MAX) {
        show_read_fail_text(reader, SHOW_ERROR_TOO_LARGE, member,
                            "expected at most %d sources, found %" G_GSIZE_FORMAT, SHOW_SOURCES_MAX,
                            count);
        return NULL;
    }
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (gsize i = 0; i < count; i++)
        if (!read_item(reader, member, json_array_get(array, i), sources))
            return NULL;
    return check_cameras(reader, member, sources) ? g_steal_pointer(&sources) : NULL;
}

json_t *show_sources_write(const GPtrArray *sources)
{
    json_t *array = json_array();
    for (guint i = 0; i < sources->len; i++)
        json_array_append_new(array, show_source_to_json(sources->pdata[i]));
    return array;
}
