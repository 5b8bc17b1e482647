/* Sending a show's files. What always holds: a file counts as mirrored only when s3/ has verified it and
 * that is written down. */
#include "mirror-state-private.h"

#include <string.h>
#include <sys/stat.h>

/* Only this thread writes records, so that reading one needs no lock here. */
void mirror_note(ServerMirror *mirror, const char *id, const MirrorItem *item)
{
    g_autofree char *path = mirror_record_path(mirror, id, MIRROR_RECORD);
    g_autoptr(GError) error = NULL;
    const MirrorFile file = {item->bytes, item->sha256, item->changed_us};
    g_mutex_lock(&mirror->lock);
    GHashTable *record = g_hash_table_lookup(mirror->shows, id);
    if (record == NULL) {
        record = mirror_record_new();
        g_hash_table_insert(mirror->shows, g_strdup(id), record);
    }
    mirror_record_take(record, item->name, &file);
    mirror->state.waiting_bytes = MAX(mirror->state.waiting_bytes - item->bytes, 0);
    g_mutex_unlock(&mirror->lock);
    if (!mirror_record_save(record, path, &error))
        g_warning("what the mirror has is not written down, it will be asked show=%s error=%s", id,
                  error->message);
}

/* Already there, with these bytes, though nothing here says so: after the record was lost. */
static gboolean is_known_there(ServerMirror *mirror, const char *id, const char *key,
                               const MirrorItem *item)
{
    if (item->sha256 == NULL || mirror_has(mirror, id, item->name, NULL, 0))
        return FALSE;
    g_autoptr(S3Object) object = s3_head(mirror->client, key, mirror->cancellable, NULL);
    return object != NULL && object->bytes == item->bytes &&
           g_strcmp0(object->sha256, item->sha256) == 0;
}

static gboolean send_item(ServerMirror *mirror, const char *key, const char *path,
                          const MirrorItem *item, GError **error)
{
    g_autofree char *tags =
        mirror->has_tags && item->kind != NULL ? g_strconcat("kind=", item->kind, NULL) : NULL;
    const S3Transfer how = {.sha256 = item->sha256, .tags = tags};
    struct stat status;
    if (item->text != NULL)
        return s3_put_bytes(mirror->client, key, item->text, &how, mirror->cancellable, error);
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
        return s3_put_file(mirror->client, key, path, &how, mirror->cancellable, error);
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: is not there", path);
    return FALSE;
}

static void count_sent(ServerMirror *mirror, gint64 bytes)
{
    g_mutex_lock(&mirror->lock);
    mirror->state.files++;
    mirror->state.bytes += (guint64)bytes;
    g_mutex_unlock(&mirror->lock);
}

void mirror_count_failure(ServerMirror *mirror)
{
    g_mutex_lock(&mirror->lock);
    mirror->state.errors++;
    g_mutex_unlock(&mirror->lock);
}

/* A file that is not as its manifest says is no reason to stop; the next manifest may name it
 * rightly. */
static void complain(ServerMirror *mirror, const char *id, const GError *error)
{
    mirror_count_failure(mirror);
    if (g_hash_table_add(mirror->complained, g_strdup(error->message)))
        g_warning("a file is not mirrored show=%s error=%s", id, error->message);
}

static gboolean do_item(ServerMirror *mirror, const char *id, const char *folder,
                        const MirrorItem *item, GError **error)
{
    g_autofree char *key = mirror_key(id, item->name);
    g_autofree char *path = g_build_filename(folder, item->name, NULL);
    g_autoptr(GError) why = NULL;
    gint64 start_us = g_get_monotonic_time();
    if (mirror_has(mirror, id, item->name, item->sha256, item->changed_us))
        return TRUE;
    if (is_known_there(mirror, id, key, item)) {
        mirror_note(mirror, id, item);
        return TRUE;
    }
    if (send_item(mirror, key, path, item, &why)) {
        mirror_note(mirror, id, item);
        count_sent(mirror, item->bytes);
        g_debug("file mirrored show=%s file=%s bytes=%" G_GINT64_FORMAT " ms=%" G_GINT64_FORMAT, id,
                item->name, item->bytes, (g_get_monotonic_time() - start_us) / 1000);
        return TRUE;
    }
    if (g_error_matches(why, S3_ERROR, S3_ERROR_LOCAL)) {
        complain(mirror, id, why);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gint64 mirror_missing_bytes(ServerMirror *mirror, const char *id, const GPtrArray *items)
{
    gint64 bytes = 0;
    for (guint i = 0; i < items->len; i++) {
        const MirrorItem *item = items->pdata[i];
        if (!mirror_has(mirror, id, item->name, item->sha256, item->changed_us))
            bytes += item->bytes;
    }
    return bytes;
}

/* The stamp is taken first: what changes meanwhile makes the show dirty again. */
gboolean mirror_do_show(ServerMirror *mirror, const char *id, GError **error)
{
    g_autofree char *folder = g_build_filename(mirror->sessions, id, NULL);
    char *stamp = mirror_plan_stamp(folder);
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) items = mirror_plan_new(folder, &why);
    gboolean is_good = TRUE;
    gint64 bytes = items != NULL ? mirror_missing_bytes(mirror, id, items) : 0;
    if (items == NULL)
        complain(mirror, id, why);
    for (guint i = 0; items != NULL && is_good && i < items->len; i++)
        is_good = do_item(mirror, id, folder, items->pdata[i], error);
    if (!is_good) {
        g_free(stamp);
        return FALSE;
    }
    if (bytes > 0)
        g_message("show mirrored show=%s bytes=%" G_GINT64_FORMAT, id, bytes);
    g_hash_table_replace(mirror->clean, g_strdup(id), stamp);
    g_hash_table_remove(mirror->dirty, id);
    return TRUE;
}
