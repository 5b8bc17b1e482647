/* Takes of renders, beside the show. What always holds: a take with its manifest and the file "finished"
 * is whole, and nothing in the show's own folder was changed before it was; a file that was renamed into
 * its place is found there by the next check, so a publish that was cut short is made good by doing it
 * again. */
#include <store/attempt.h>

#include <store/error.h>
#include <store/folder.h>
#include <store/names.h>
#include <store/parts.h>
#include <store/whole.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FINISHED "finished"
#define EVENTS   "events.json"
#define LOG      "events.log"

static gboolean fail_errno(GError **error, int code, const char *path, const char *doing)
{
    gboolean full = code == ENOSPC || code == EDQUOT;
    g_set_error(error, STORE_ERROR, full ? STORE_ERROR_FULL : STORE_ERROR_FAILED,
                "%s: cannot %s: %s", path, doing, g_strerror(code));
    return FALSE;
}

/* ---- names ---- */

char *store_attempt_name(gint64 job, gint64 take)
{
    return g_strdup_printf("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, job, take);
}

char *store_attempt_path(const char *show, gint64 job, gint64 take)
{
    g_autofree char *name = store_attempt_name(job, take);
    return g_build_filename(show, STORE_ATTEMPTS, name, NULL);
}

/* FALSE: it is no attempt's name. */
static gboolean parse_name(const char *name, gint64 *job, gint64 *take)
{
    const char *dash = strchr(name, '-');
    g_autofree char *first = dash != NULL ? g_strndup(name, (gsize)(dash - name)) : NULL;
    return first != NULL && g_ascii_string_to_signed(first, 10, 1, G_MAXINT64, job, NULL) &&
           g_ascii_string_to_signed(dash + 1, 10, 0, G_MAXINT64, take, NULL);
}

/* Names of all attempts of a job (0: of all), or an empty list. */
static GPtrArray *list_attempts(const char *show, gint64 wanted)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(show, STORE_ATTEMPTS, NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    gint64 job, take;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL)
        if (parse_name(name, &job, &take) && (wanted == 0 || job == wanted))
            g_ptr_array_add(names, g_strdup(name));
    return names;
}

GArray *store_attempt_jobs(const char *show)
{
    GArray *jobs = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GPtrArray) names = list_attempts(show, 0);
    for (guint i = 0; i < names->len; i++) {
        gint64 job = 0, take;
        gboolean is_new = parse_name(names->pdata[i], &job, &take);
        for (guint k = 0; k < jobs->len; k++)
            is_new = is_new && g_array_index(jobs, gint64, k) != job;
        if (is_new)
            g_array_append_val(jobs, job);
    }
    return jobs;
}

/* ---- removing ---- */

/* Its manifest first: from then on it is no finished take, whatever a worker that slept through its
 * lease still writes there. Such a file may come while the folder is emptied. */
static gboolean remove_take(const char *path, GError **error)
{
    g_autofree char *manifest = g_build_filename(path, STORE_MANIFEST, NULL);
    if (g_unlink(manifest) != 0 && errno != ENOENT)
        return fail_errno(error, errno, manifest, "delete it");
    return store_folder_remove(path, NULL) || store_folder_remove(path, error);
}

static gboolean remove_others(const char *show, gint64 job, const char *kept, GError **error)
{
    g_autoptr(GPtrArray) names = list_attempts(show, job);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(show, STORE_ATTEMPTS, names->pdata[i], NULL);
        if (g_strcmp0(names->pdata[i], kept) != 0 && !remove_take(path, error))
            return FALSE;
    }
    return TRUE;
}

gboolean store_attempt_remove(const char *show, gint64 job, GError **error)
{
    if (!remove_others(show, job, NULL, error))
        return FALSE;
    g_autofree char *path = g_build_filename(show, STORE_ATTEMPTS, NULL);
    g_rmdir(path); /* when it was the last one */
    return TRUE;
}

/* ---- opening ---- */

/* What the latest of the takes before has finished parts of, they are this one's. Without them it begins
 * at the beginning. */
static void take_parts(const char *show, gint64 job, gint64 take)
{
    g_autoptr(GPtrArray) names = list_attempts(show, job);
    g_autofree char *own = store_attempt_path(show, job, take);
    g_autofree char *to = g_build_filename(own, STORE_PARTS, NULL);
    g_autofree char *from = NULL;
    gint64 latest = -1;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path =
            g_build_filename(show, STORE_ATTEMPTS, names->pdata[i], STORE_PARTS, NULL);
        gint64 its_job, its_take;
        if (!parse_name(names->pdata[i], &its_job, &its_take) || its_take == take ||
            its_take < latest || !g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        latest = its_take;
        g_free(from);
        from = g_steal_pointer(&path);
    }
    if (from != NULL && g_rename(from, to) != 0)
        g_info("parts of a render are made again: %s: %s", from, g_strerror(errno));
}

/* The path of a finished take of this job, or NULL. */
static char *find_finished(const char *show, gint64 job)
{
    g_autoptr(GPtrArray) names = list_attempts(show, job);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(show, STORE_ATTEMPTS, names->pdata[i], NULL);
        g_autofree char *mark = g_build_filename(path, FINISHED, NULL);
        g_autofree char *manifest = g_build_filename(path, STORE_MANIFEST, NULL);
        if (g_file_test(mark, G_FILE_TEST_EXISTS) && g_file_test(manifest, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
    return NULL;
}

static gboolean is_recording(const ShowFile *file)
{
    return file->path != NULL || show_file_is_recording(file) ||
           store_recording_parse(file->name, NULL);
}

static gboolean is_of_show(const ShowFile *file)
{
    return is_recording(file) || strcmp(file->name, EVENTS) == 0 || strcmp(file->name, LOG) == 0;
}

/* cam_N.mp4 of an earlier render. */
static gboolean is_camera(const ShowFile *file)
{
    return file->path == NULL && g_strcmp0(file->kind, "camera") == 0;
}

/* A link, since the recording is only read: what a file does to the render cannot reach it where the
 * kernel confines folders. */
static gboolean link_one(const char *show, const char *attempt, const char *name, GError **error)
{
    g_autofree char *there = g_build_filename(show, name, NULL);
    g_autofree char *here = g_build_filename(attempt, name, NULL);
    g_autofree char *target = g_build_filename("..", "..", name, NULL);
    if (!g_file_test(there, G_FILE_TEST_EXISTS))
        return TRUE; /* the render says what is missing */
    return symlink(target, here) == 0 || fail_errno(error, errno, here, "make this link");
}

static gboolean link_recordings(const char *show, const char *attempt, const ShowManifest *manifest,
                                GError **error)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        g_autofree char *sidecar = g_strconcat(file->name, ".index", NULL);
        if (is_recording(file) && file->path == NULL &&
            (!link_one(show, attempt, file->name, error) ||
             !link_one(show, attempt, sidecar, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean copy_one(const char *show, const char *attempt, const char *name, GError **error)
{
    g_autofree char *from = g_build_filename(show, name, NULL);
    g_autofree char *to = g_build_filename(attempt, name, NULL);
    return !g_file_test(from, G_FILE_TEST_EXISTS) || store_copy_whole(from, to, NULL, error);
}

static gboolean copy_log(const char *show, const char *attempt, GError **error)
{
    g_autofree char *array = g_build_filename(show, EVENTS, NULL);
    const char *name = g_file_test(array, G_FILE_TEST_EXISTS) ? EVENTS : LOG;
    return copy_one(show, attempt, name, error);
}

/* What is read of an earlier render, if there is one. */
static gboolean keep_rendered(const char *show, const char *attempt, StoreKeep keep,
                              const ShowManifest *manifest, GError **error)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (is_camera(file) && !link_one(show, attempt, file->name, error))
            return FALSE;
    }
    return keep != STORE_KEEP_ALL || (copy_one(show, attempt, "shots.json", error) &&
                                      copy_one(show, attempt, "report.json", error));
}

static gboolean is_kept(const ShowFile *file, StoreKeep keep)
{
    return is_of_show(file) || keep == STORE_KEEP_ALL ||
           (keep == STORE_KEEP_CAMERAS && is_camera(file));
}

static gboolean fill(const char *show, const char *attempt, StoreKeep keep, GError **error)
{
    g_autoptr(ShowManifest) manifest = store_folder_manifest(show, error);
    if (manifest == NULL)
        return FALSE;
    for (guint i = manifest->files->len; i-- > 0;)
        if (!is_kept(manifest->files->pdata[i], keep))
            g_ptr_array_remove_index(manifest->files, i);
    return link_recordings(show, attempt, manifest, error) && copy_log(show, attempt, error) &&
           keep_rendered(show, attempt, keep, manifest, error) &&
           store_folder_write_manifest(attempt, manifest, error);
}

gboolean store_attempt_open(const char *show, gint64 job, gint64 take, StoreKeep keep,
                            gboolean *is_finished, GError **error)
{
    g_autofree char *name = store_attempt_name(job, take);
    g_autofree char *path = g_build_filename(show, STORE_ATTEMPTS, name, NULL);
    g_autofree char *above = g_path_get_dirname(path);
    g_autofree char *finished = find_finished(show, job);
    *is_finished = finished != NULL;
    if (finished != NULL && strcmp(finished, path) != 0) {
        if (!remove_take(path, error))
            return FALSE;
        if (g_rename(finished, path) != 0)
            return fail_errno(error, errno, finished, "take it over");
    }
    if (*is_finished)
        return remove_others(show, job, name, error);
    if (!remove_take(path, error))
        return FALSE;
    if ((g_mkdir(above, 0777) != 0 && errno != EEXIST) || g_mkdir(path, 0777) != 0)
        return fail_errno(error, errno, path, "make this folder");
    take_parts(show, job, take);
    return remove_others(show, job, name, error) && fill(show, path, keep, error);
}

static gboolean is_missing(const char *attempt, const ShowFile *file)
{
    StoreRecording what;
    g_autofree char *path = g_build_filename(attempt, file->name, NULL);
    return file->path == NULL && store_file_is_elsewhere(file) &&
           store_recording_parse(file->name, &what) && what.kind != STORE_RECORDING_LOCAL &&
           !g_file_test(path, G_FILE_TEST_EXISTS);
}

GPtrArray *store_attempt_missing(const char *show, gint64 job, gint64 take, GError **error)
{
    g_autofree char *attempt = store_attempt_path(show, job, take);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(attempt, error);
    if (manifest == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (is_missing(attempt, file))
            g_ptr_array_add(names, g_strdup(file->name));
    }
    return names;
}

gboolean store_attempt_finish(const char *show, gint64 job, gint64 take, GError **error)
{
    g_autofree char *path = store_attempt_path(show, job, take);
    g_autofree char *mark = g_build_filename(path, FINISHED, NULL);
    return store_write_whole(mark, "", 0, error);
}

/* ---- what it left ---- */

/* Where a publish puts it. */
static char *target_of(const char *show, const char *cut)
{
    return cut != NULL ? g_build_filename(show, "cuts", cut, NULL) : g_strdup(show);
}

static char *source_of(const char *show, gint64 job, gint64 take, const char *cut)
{
    g_autofree char *attempt = store_attempt_path(show, job, take);
    return target_of(attempt, cut);
}

static gboolean differs(GError **error, const char *name, const char *what)
{
    g_set_error(error, STORE_ERROR, STORE_ERROR_DIFFERS, "%s: %s", name, what);
    return FALSE;
}

/* Names that a render may put into a show's folder: none of the show's own, none that is hidden. */
static gboolean check_name(const ShowFile *file, GError **error)
{
    static const char *const own[] = {STORE_MANIFEST, FINISHED,       "live.json",
                                      "cuts",         STORE_ATTEMPTS, NULL};
    if (!g_strv_contains(own, file->name) && file->name[0] != '.' &&
        !g_str_has_suffix(file->name, ".index"))
        return TRUE;
    return differs(error, file->name, "a render may not write a file of this name");
}

static gboolean check_file(const char *path, const ShowFile *file, GCancellable *cancellable,
                           GError **error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return differs(error, file->name, "the render names it, and it is not there");
    if (!S_ISREG(status.st_mode))
        return differs(error, file->name, "it is not a plain file");
    if (file->sha256 == NULL || status.st_size != file->bytes)
        return differs(error, file->name, "its size is not what the render said");
    g_autofree char *sum = store_sha256(path, NULL, cancellable, error);
    if (sum == NULL)
        return FALSE;
    return strcmp(sum, file->sha256) == 0 ||
           differs(error, file->name, "its content is not what the render wrote (sha256 differs)");
}

/* The render wrote it; a link is what it read and kept. */
static gboolean is_left(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && !S_ISLNK(status.st_mode);
}

ShowManifest *store_attempt_check(const char *show, gint64 job, gint64 take, const char *cut,
                                  GCancellable *cancellable, GError **error)
{
    g_autofree char *from = source_of(show, job, take, cut);
    g_autofree char *to = target_of(show, cut);
    g_autofree char *in_place = g_build_filename(to, STORE_MANIFEST, NULL);
    g_autofree char *left_there = g_build_filename(from, STORE_MANIFEST, NULL);
    /* Of a cut the manifest is the last to be renamed. */
    gboolean is_moved = cut != NULL && !g_file_test(left_there, G_FILE_TEST_EXISTS) &&
                        g_file_test(in_place, G_FILE_TEST_EXISTS);
    g_autoptr(ShowManifest) left = store_folder_manifest(is_moved ? to : from, error);
    if (left == NULL)
        return NULL;
    for (guint i = 0; i < left->files->len; i++) {
        const ShowFile *file = left->files->pdata[i];
        if (is_of_show(file))
            continue;
        g_autofree char *here = g_build_filename(from, file->name, NULL);
        g_autofree char *there = g_build_filename(to, file->name, NULL);
        const char *path = is_left(here) ? here : there;
        if (!check_name(file, error) || !check_file(path, file, cancellable, error))
            return NULL;
    }
    return g_steal_pointer(&left);
}

/* ---- putting it in its place ---- */

static gboolean move_one(const char *from, const char *to, const char *name, GError **error)
{
    g_autofree char *here = g_build_filename(from, name, NULL);
    g_autofree char *there = g_build_filename(to, name, NULL);
    if (!is_left(here) || g_rename(here, there) == 0 || errno == ENOENT)
        return TRUE; /* kept, or moved before a crash: it was checked there */
    return fail_errno(error, errno, there, "put it in its place");
}

/* A cut names the recordings, and cam_N.mp4 of the show, where they lie: in the show's folder, wherever
 * it was rendered. */
static gboolean write_cut(const char *show, const char *to, const ShowManifest *left,
                          GError **error)
{
    for (guint i = 0; i < left->files->len; i++) {
        ShowFile *file = left->files->pdata[i];
        g_autofree char *here = g_build_filename(show, file->name, NULL);
        gboolean is_of_folder =
            store_recording_parse(file->name, NULL) || g_strcmp0(file->kind, "camera") == 0;
        if (file->path == NULL || !is_of_folder)
            continue;
        g_free(file->path);
        file->path = g_canonicalize_filename(here, NULL);
    }
    return store_folder_write_manifest(to, left, error);
}

gboolean store_attempt_publish(const char *show, gint64 job, gint64 take, const char *cut,
                               const ShowManifest *left, GError **error)
{
    g_autofree char *from = source_of(show, job, take, cut);
    g_autofree char *to = target_of(show, cut);
    if (g_mkdir_with_parents(to, 0777) != 0)
        return fail_errno(error, errno, to, "make this folder");
    g_autoptr(ShowManifest) old = cut != NULL ? store_folder_manifest(to, NULL) : NULL;
    for (guint i = 0; i < left->files->len; i++) {
        const ShowFile *file = left->files->pdata[i];
        if (!is_of_show(file) && !move_one(from, to, file->name, error))
            return FALSE;
    }
    if (!store_sync_folder(to, error))
        return FALSE;
    if (cut == NULL)
        return TRUE;
    g_autoptr(GPtrArray) stale = old != NULL ? store_attempt_stale(old, left) : NULL;
    if (!write_cut(show, to, left, error))
        return FALSE;
    if (stale != NULL)
        store_attempt_sweep(to, stale);
    return TRUE;
}

static ShowFile *copy_file(const ShowFile *file)
{
    ShowFile *copy = show_file_new(file->name, file->kind);
    copy->source = g_strdup(file->source);
    copy->path = g_strdup(file->path);
    copy->clock = file->clock;
    copy->duration_ms = file->duration_ms;
    copy->bytes = file->bytes;
    copy->sha256 = g_strdup(file->sha256);
    copy->video = g_strdup(file->video);
    copy->audio = g_strdup(file->audio);
    copy->gaps = file->gaps != NULL ? g_array_ref(file->gaps) : NULL;
    copy->extra = json_deep_copy(file->extra);
    return copy;
}

void store_attempt_take(ShowManifest *manifest, const ShowManifest *left)
{
    for (guint i = manifest->files->len; i-- > 0;)
        if (!is_of_show(manifest->files->pdata[i]))
            g_ptr_array_remove_index(manifest->files, i);
    for (guint i = 0; i < left->files->len; i++)
        if (!is_of_show(left->files->pdata[i]))
            show_manifest_take_file(manifest, copy_file(left->files->pdata[i]));
    manifest->program_start_ms = left->program_start_ms;
    manifest->program_duration_ms = left->program_duration_ms;
    manifest->rate = left->rate;
    json_decref(manifest->settings);
    manifest->settings = json_deep_copy(left->settings);
    json_decref(manifest->program_extra);
    manifest->program_extra = json_deep_copy(left->program_extra);
}

GPtrArray *store_attempt_stale(const ShowManifest *old, const ShowManifest *left)
{
    GPtrArray *stale = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < old->files->len; i++) {
        const ShowFile *file = old->files->pdata[i];
        if (!is_of_show(file) && show_manifest_find(left, file->name) == NULL)
            g_ptr_array_add(stale, g_strdup(file->name));
    }
    return stale;
}

void store_attempt_sweep(const char *show, const GPtrArray *stale)
{
    for (guint i = 0; i < stale->len; i++) {
        g_autofree char *path = g_build_filename(show, stale->pdata[i], NULL);
        g_unlink(path);
    }
}
