/* A show's folder on disk: made, opened, checked against its manifest. */
#pragma once
#include <gio/gio.h>
#include <show/manifest.h>

/* Makes the folder (and its parents) and checks that it can be written. STORE_ERROR_EXISTS when it
 * holds a manifest.json or any other file and `overwrite` is not set. Removes leftover *.part. */
gboolean store_folder_prepare(const char *path, gboolean overwrite, GError **error);
ShowManifest *store_folder_manifest(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean store_folder_write_manifest(const char *path, const ShowManifest *manifest,
                                     GError **error);
/* Absolute path of a file that the manifest names; free with g_free(). */
char *store_folder_file(const char *path, const ShowFile *file);

typedef struct StoreVerdict {
    char *name;
    gboolean good;
    char *problem; /* NULL when good */
} StoreVerdict;

/* Checks each file's presence, size and sha256. Array of StoreVerdict * with free function, in the
 * manifest's order; NULL only when the manifest itself cannot be read. */
GPtrArray *store_folder_verify(const char *path, GCancellable *cancellable, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
