/* Files that appear whole or not at all: temporary name in the same folder, fsync, rename, fsync
 * of the folder. After a crash there is the old file or the new one. Threads: any. */
#pragma once
#include <gio/gio.h>

gboolean store_write_whole(const char *path, const void *bytes, gsize length, GError **error);
/* A temporary name beside `path` that store_publish() takes: ".<name>.part". */
char *store_part_path(const char *path);
/* fsync, rename to `path`, fsync of the folder. On an error the part is removed. */
gboolean store_publish(const char *part, const char *path, GError **error);
/* fsync of a folder: what was renamed or removed in it stays so. */
gboolean store_sync_folder(const char *path, GError **error);
gboolean store_copy_whole(const char *from, const char *to, GCancellable *cancellable,
                          GError **error);
/* 64 lower-case hex digits of a file's SHA-256 and its size. */
char *store_sha256(const char *path, gint64 *bytes, GCancellable *cancellable, GError **error);
