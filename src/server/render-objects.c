/* Attempts and what they read, in object storage. What always holds: a take is there when its mark is,
 * which goes last; no key becomes a path that is not checked name by name. */
#include <server/render-objects.h>

#include <server/error.h>
#include <show/manifest.h>
#include <store/attempt.h>
#include <store/folder.h>
#include <store/names.h>
#include <store/parts.h>
#include <store/whole.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MANIFEST_BYTES = 16 << 20, FILES_MAX = 4096 };

#define FINISHED "finished"

static char *show_key(const char *session, const char *name)
{
    return g_strdup_printf("sessions/%s/%s", session, name);
}

/* "sessions/<id>/renders/12-3/" */
static char *attempt_key(const char *session, JobsLease lease, const char *name)
{
    g_autofree char *attempt = store_attempt_name(lease.job, lease.take);
    return g_strdup_printf("sessions/%s/" STORE_ATTEMPTS "/%s/%s", session, attempt, name);
}

static gboolean make_folder_of(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_mkdir_with_parents(folder, 0777) == 0)
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_FAILED, "%s: cannot make this folder: %s", folder,
                g_strerror(errno));
    return FALSE;
}

/* `is_wanted` FALSE: where there is none, none is needed. */
static gboolean fetch(S3Client *client, const char *key, const char *path, gboolean is_wanted,
                      GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failed = NULL;
    if (!make_folder_of(path, error))
        return FALSE;
    if (s3_get_file(client, key, path, NULL, cancellable, &failed) ||
        (!is_wanted && g_error_matches(failed, S3_ERROR, S3_ERROR_NOT_FOUND)))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

/* ---- what a render reads ---- */

typedef struct Show {
    S3Client *client;
    const char *session, *folder;
    GCancellable *cancellable;
} Show;

static gboolean fetch_into(const Show *show, const char *name, gboolean is_wanted, GError **error)
{
    g_autofree char *key = show_key(show->session, name);
    g_autofree char *path = g_build_filename(show->folder, name, NULL);
    return fetch(show->client, key, path, is_wanted, show->cancellable, error);
}

/* It is here already, as the manifest has it. */
static gboolean is_here(const Show *show, const ShowFile *file)
{
    g_autofree char *path = g_build_filename(show->folder, file->name, NULL);
    struct stat status;
    if (stat(path, &status) != 0 || status.st_size != file->bytes)
        return FALSE;
    g_autofree char *sum = store_sha256(path, NULL, show->cancellable, NULL);
    return g_strcmp0(sum, file->sha256) == 0;
}

/* One that is still growing is not there: the render says that it is missing. */
static gboolean fetch_recording(const Show *show, const ShowFile *file, GError **error)
{
    g_autofree char *sidecar = g_strconcat(file->name, ".index", NULL);
    if (file->sha256 == NULL || is_here(show, file))
        return TRUE;
    if (!fetch_into(show, file->name, TRUE, error) || !fetch_into(show, sidecar, FALSE, error))
        return FALSE;
    if (is_here(show, file))
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                "%s: the mirror has another one than its manifest says", file->name);
    return FALSE;
}

/* A phone's own recording is not read by renders. */
static gboolean is_read(const ShowFile *file)
{
    StoreRecording what;
    return file->path == NULL && store_recording_parse(file->name, &what) &&
           what.kind != STORE_RECORDING_LOCAL;
}

static gboolean fetch_recordings(const Show *show, GError **error)
{
    g_autoptr(ShowManifest) manifest = store_folder_manifest(show->folder, error);
    for (guint i = 0; manifest != NULL && i < manifest->files->len; i++)
        if (is_read(manifest->files->pdata[i]) &&
            !fetch_recording(show, manifest->files->pdata[i], error))
            return FALSE;
    return manifest != NULL;
}

gboolean server_objects_fetch_missing(S3Client *client, const char *session, const char *folder,
                                      JobsLease lease, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) names = store_attempt_missing(folder, lease.job, lease.take, error);
    g_autofree char *attempt = store_attempt_path(folder, lease.job, lease.take);
    if (names == NULL)
        return FALSE;
    if (names->len > 0 && client == NULL) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                    "%s lies in the mirror alone, and whoever renders does not reach it",
                    (const char *)names->pdata[0]);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *sidecar = g_strconcat(names->pdata[i], ".index", NULL);
        g_autofree char *key = show_key(session, names->pdata[i]);
        g_autofree char *sidecar_key = show_key(session, sidecar);
        g_autofree char *path = g_build_filename(attempt, names->pdata[i], NULL);
        g_autofree char *sidecar_path = g_build_filename(attempt, sidecar, NULL);
        if (!fetch(client, key, path, TRUE, cancellable, error) ||
            (!g_file_test(sidecar_path, G_FILE_TEST_EXISTS) &&
             !fetch(client, sidecar_key, sidecar_path, FALSE, cancellable, error)))
            return FALSE;
    }
    return TRUE;
}

/* ---- attempts ---- */

typedef struct Found {
    gsize above; /* of each key: what is before its name */
    GPtrArray *names;
} Found;

/* "program.mp4", "cuts/calm/program.mp4". */
static gboolean is_attempt_name(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", 4);
    guint count = g_strv_length(parts);
    for (guint i = 0; i < count; i++)
        if (!show_file_name_is_valid(parts[i]) || parts[i][0] == '.')
            return FALSE;
    return count == 1 || (count == 3 && strcmp(parts[0], "cuts") == 0);
}

static gboolean note_found(const S3Object *object, gpointer data, GError **error)
{
    Found *found = data;
    const char *name = object->key + MIN(found->above, strlen(object->key));
    if (g_str_has_prefix(name, STORE_PARTS "/"))
        return TRUE;
    if (!is_attempt_name(name) || found->names->len >= FILES_MAX) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "what a render left in object storage has a name that none has");
        return FALSE;
    }
    g_ptr_array_add(found->names, g_strdup(name));
    return TRUE;
}

/* Names in an attempt there. */
static GPtrArray *list_attempt(S3Client *client, const char *session, JobsLease lease,
                               GCancellable *cancellable, GError **error)
{
    g_autofree char *prefix = attempt_key(session, lease, "");
    Found found = {strlen(prefix), g_ptr_array_new_with_free_func(g_free)};
    if (s3_list(client, prefix, note_found, &found, cancellable, error))
        return found.names;
    g_ptr_array_unref(found.names);
    return NULL;
}

static gboolean has(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return TRUE;
    return FALSE;
}

static gboolean fetch_named(S3Client *client, const char *session, const char *attempt,
                            JobsLease lease, const char *name, GCancellable *cancellable,
                            GError **error)
{
    g_autofree char *key = attempt_key(session, lease, name);
    g_autofree char *path = g_build_filename(attempt, name, NULL);
    return fetch(client, key, path, TRUE, cancellable, error);
}

gboolean server_objects_fetch_attempt(S3Client *client, const char *session, const char *show,
                                      JobsLease lease, GCancellable *cancellable, GError **error)
{
    g_autofree char *attempt = store_attempt_path(show, lease.job, lease.take);
    g_autofree char *mark = g_build_filename(attempt, FINISHED, NULL);
    if (g_file_test(mark, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr(GPtrArray) names = list_attempt(client, session, lease, cancellable, error);
    if (names == NULL)
        return FALSE;
    if (!has(names, FINISHED)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "object storage has nothing that this render finished");
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], FINISHED) != 0 &&
            !fetch_named(client, session, attempt, lease, names->pdata[i], cancellable, error))
            return FALSE;
    return store_attempt_finish(show, lease.job, lease.take, error);
}

static gboolean send_one(S3Client *client, const char *session, const char *attempt,
                         JobsLease lease, const char *name, GCancellable *cancellable,
                         GError **error)
{
    g_autofree char *key = attempt_key(session, lease, name);
    g_autofree char *path = g_build_filename(attempt, name, NULL);
    return s3_put_file(client, key, path, NULL, cancellable, error);
}

/* Plain files below a folder of an attempt, one level of cuts deep: links are what it read. */
static void list_left(const char *attempt, const char *below, GPtrArray *names)
{
    g_autofree char *path = g_build_filename(attempt, below, NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *entry;
    while (folder != NULL && (entry = g_dir_read_name(folder)) != NULL) {
        g_autofree char *name =
            *below != '\0' ? g_strconcat(below, "/", entry, NULL) : g_strdup(entry);
        g_autofree char *full = g_build_filename(attempt, name, NULL);
        struct stat status;
        if (lstat(full, &status) != 0 || entry[0] == '.')
            continue;
        if (S_ISDIR(status.st_mode) && (strcmp(name, "cuts") == 0 || strcmp(below, "cuts") == 0))
            list_left(attempt, name, names);
        else if (S_ISREG(status.st_mode) && is_attempt_name(name) && strcmp(name, FINISHED) != 0)
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
}

gboolean server_objects_send_attempt(S3Client *client, const char *session, const char *show,
                                     JobsLease lease, GCancellable *cancellable, GError **error)
{
    g_autofree char *attempt = store_attempt_path(show, lease.job, lease.take);
    g_autofree char *mark = attempt_key(session, lease, FINISHED);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    list_left(attempt, "", names);
    for (guint i = 0; i < names->len; i++)
        if (!send_one(client, session, attempt, lease, names->pdata[i], cancellable, error))
            return FALSE;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    return s3_put_bytes(client, mark, nothing, NULL, cancellable, error);
}

gboolean server_objects_remove_attempts(S3Client *client, const char *session, gint64 job,
                                        GCancellable *cancellable, GError **error)
{
    g_autofree char *prefix =
        g_strdup_printf("sessions/%s/" STORE_ATTEMPTS "/%" G_GINT64_FORMAT "-", session, job);
    return s3_delete_all(client, prefix, NULL, cancellable, error);
}

/* ---- a show, with what an earlier take finished ---- */

typedef struct Takes {
    const char *wanted; /* a name within an attempt */
    gsize above;        /* of each key: up to the take */
    gint64 take;        /* the latest that has it; 0: none */
} Takes;

static gboolean note_take(const S3Object *object, gpointer data, GError **error)
{
    Takes *takes = data;
    const char *rest = object->key + MIN(takes->above, strlen(object->key));
    const char *slash = strchr(rest, '/');
    gint64 take = 0;
    (void)error;
    g_autofree char *number = slash != NULL ? g_strndup(rest, (gsize)(slash - rest)) : NULL;
    if (number != NULL && strcmp(slash + 1, takes->wanted) == 0 &&
        g_ascii_string_to_signed(number, 10, 1, G_MAXINT64, &take, NULL))
        takes->take = MAX(takes->take, take);
    return TRUE;
}

/* The latest take of this job that has `wanted`; its take is 0: none has. */
static gboolean find_take(const Show *show, JobsLease lease, const char *wanted, JobsLease *found,
                          GError **error)
{
    g_autofree char *prefix = g_strdup_printf(
        "sessions/%s/" STORE_ATTEMPTS "/%" G_GINT64_FORMAT "-", show->session, lease.job);
    Takes takes = {.wanted = wanted, .above = strlen(prefix)};
    gboolean good = s3_list(show->client, prefix, note_take, &takes, show->cancellable, error);
    *found = (JobsLease){lease.job, takes.take};
    return good;
}

static gboolean fetch_finished(const Show *show, JobsLease lease, GError **error)
{
    JobsLease earlier;
    return find_take(show, lease, FINISHED, &earlier, error) &&
           (earlier.take == 0 ||
            server_objects_fetch_attempt(show->client, show->session, show->folder, earlier,
                                         show->cancellable, error));
}

/* ---- parts of one that is not finished ---- */

#define LIST STORE_PARTS "/" STORE_PARTS_LIST

static gboolean fetch_part(const Show *show, JobsLease from, JobsLease to, const char *name,
                           GError **error)
{
    g_autofree char *within = g_build_filename(STORE_PARTS, name, NULL);
    g_autofree char *key = attempt_key(show->session, from, within);
    g_autofree char *attempt = store_attempt_path(show->folder, to.job, to.take);
    g_autofree char *path = g_build_filename(attempt, within, NULL);
    return fetch(show->client, key, path, TRUE, show->cancellable, error);
}

gboolean server_objects_fetch_parts(S3Client *client, const char *session, const char *show_path,
                                    JobsLease lease, GCancellable *cancellable, GError **error)
{
    Show show = {client, session, show_path, cancellable};
    JobsLease from;
    g_autofree char *attempt = store_attempt_path(show_path, lease.job, lease.take);
    g_autofree char *folder = g_build_filename(attempt, STORE_PARTS, NULL);
    if (!find_take(&show, lease, LIST, &from, error))
        return FALSE;
    if (from.take == 0)
        return TRUE;
    if (!fetch_part(&show, from, lease, STORE_PARTS_LIST, error))
        return FALSE;
    g_autoptr(StoreParts) parts = store_parts_look(folder, error);
    if (parts == NULL)
        return FALSE;
    const GPtrArray *list = store_parts_list(parts);
    for (guint i = 0; i < list->len; i++)
        if (!fetch_part(&show, from, lease, ((const StorePart *)list->pdata[i])->name, error))
            return FALSE;
    return TRUE;
}

gboolean server_objects_send_parts(S3Client *client, const char *session, const char *show,
                                   JobsLease lease, GHashTable *sent, GCancellable *cancellable,
                                   GError **error)
{
    g_autofree char *attempt = store_attempt_path(show, lease.job, lease.take);
    g_autofree char *folder = g_build_filename(attempt, STORE_PARTS, NULL);
    g_autofree char *path = g_build_filename(folder, STORE_PARTS_LIST, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    gboolean is_new = FALSE;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return TRUE; /* none yet */
    g_autoptr(StoreParts) parts = store_parts_parse(text, length, error);
    if (parts == NULL)
        return FALSE;
    const GPtrArray *list = store_parts_list(parts);
    for (guint i = 0; i < list->len; i++) {
        const StorePart *part = list->pdata[i];
        g_autofree char *name = g_build_filename(STORE_PARTS, part->name, NULL);
        if (g_strcmp0(g_hash_table_lookup(sent, part->name), part->key) == 0)
            continue;
        if (!send_one(client, session, attempt, lease, name, cancellable, error))
            return FALSE;
        g_hash_table_insert(sent, g_strdup(part->name), g_strdup(part->key));
        is_new = TRUE;
    }
    g_autofree char *key = attempt_key(session, lease, LIST);
    g_autoptr(GBytes) bytes = g_bytes_new(text, length);
    return !is_new || s3_put_bytes(client, key, bytes, NULL, cancellable, error);
}

gboolean server_objects_fetch_show(S3Client *client, const char *session, const char *folder,
                                   JobsLease lease, GCancellable *cancellable, GError **error)
{
    Show show = {client, session, folder, cancellable};
    return fetch_into(&show, STORE_MANIFEST, TRUE, error) &&
           fetch_into(&show, "events.json", FALSE, error) &&
           fetch_into(&show, "events.log", FALSE, error) &&
           fetch_into(&show, "shots.json", FALSE, error) &&
           fetch_into(&show, "report.json", FALSE, error) && fetch_recordings(&show, error) &&
           fetch_finished(&show, lease, error);
}
