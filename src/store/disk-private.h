/* What journals, uploads and shows do alike, with errors that name the file. `path` and `name` make
 * up the file's path in messages; name may be NULL. */
#pragma once
#include <store/io.h>

/* Sets an error from errno (`code`): "storage/a.webm: cannot write to it: No space left". FALSE. */
gboolean store_fail_errno(GError **error, int code, const char *path, const char *name,
                          const char *doing);

gboolean store_write_at(const StoreIo *io, int fd, const void *bytes, gsize length, gint64 offset);
/* Opens a file of this place, never through a link, and checks that it is a plain file of its own;
 * `status` may be NULL. -1 and error; STORE_ERROR_GONE when it is not there and not created. */
int store_open_file(const StorePlace *place, const char *name, int flags, struct stat *status,
                    GError **error);
gboolean store_sync_place(const StorePlace *place, GError **error);
/* Place with io filled in. */
StorePlace store_place_whole(const StorePlace *place);
