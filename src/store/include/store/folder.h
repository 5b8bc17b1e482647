/* A show's folder on disk. A new show is made in a staging folder inside it and put in place at
 * once when it is complete, the manifest last: before that the folder is as it was. */
#pragma once
#include <gio/gio.h>
#include <show/manifest.h>

typedef struct StoreStaging StoreStaging;

/* Makes `path` (and its parents) where missing and a staging folder in it. STORE_ERROR_EXISTS when
 * it holds anything and `overwrite` is not set. What a crash left of an earlier staging goes. */
StoreStaging *store_staging_open(const char *path, gboolean overwrite,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Borrowed: where to write. */
const char *store_staging_folder(const StoreStaging *staging);
/* Renames every file of the staging into place, "manifest.json" last, then removes what the
 * manifest that was there before named and the new one does not. */
gboolean store_staging_publish(StoreStaging *staging, GError **error);
/* Removes what was not published, and the folders that open() made when nothing was. NULL-safe. */
void store_staging_close(StoreStaging *staging);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreStaging, store_staging_close)

/* Deletes a folder and all that is in it, as far as it can; FALSE and the first failure when something
 * is left. TRUE where there is none. Links, also one in the folder's place, are deleted, not followed. */
gboolean store_folder_remove(const char *path, GError **error);

#define STORE_MANIFEST "manifest.json"

ShowManifest *store_folder_manifest(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean store_folder_write_manifest(const char *path, const ShowManifest *manifest,
                                     GError **error);
/* A member of a file's entry: the name of the place that has it, when it is not here any more. */
#define STORE_ELSEWHERE "at"
gboolean store_file_is_elsewhere(const ShowFile *file);

/* Absolute path of a file that the manifest names; free with g_free(). */
char *store_folder_file(const char *path, const ShowFile *file);

typedef struct StoreVerdict {
    char *name;
    gboolean good;
    char *problem;   /* NULL when good */
    char *elsewhere; /* the place that has it, when it is not here and was not looked at; or NULL */
} StoreVerdict;

/* Checks each file's presence, size and sha256; of what is elsewhere only that is said. Array of
 * StoreVerdict * with free function, in the manifest's order; NULL when the manifest cannot be read or
 * the user gave up. */
GPtrArray *store_folder_verify(const char *path, GCancellable *cancellable,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
