/* A ZIP archive that is made as it is read, and whose length is known before: files are stored as
 * they are (recordings do not compress), their CRC is worked out on the way and stands behind each of
 * them. ZIP64 where sizes ask for it (APPNOTE 6.3.3), so that archives of a few gigabytes open
 * everywhere.
 * Threads: one at a time; server_zip_next() waits for the disk. */
#pragma once
#include <store/shows.h>

typedef struct ServerZip ServerZip;

/* From this size on a file's numbers have eight bytes; 0: where the format asks for it. Tests give
 * less. */
ServerZip *server_zip_new(gint64 big_bytes) G_GNUC_WARN_UNUSED_RESULT;
void server_zip_free(ServerZip *zip); /* NULL-safe */

/* Folders that files are added from; taken. They stay open as long as the archive. */
void server_zip_take_folder(ServerZip *zip, StoreShow *folder);
/* `name`: in the archive, UTF-8, with '/' between folders. `bytes` of it, from its beginning: a file
 * may grow. It is opened again at its turn, and has to be the same file then. */
void server_zip_add_file(ServerZip *zip, const char *name, const StoreShow *folder,
                         const char *file, const struct stat *status, gint64 bytes);
void server_zip_add_text(ServerZip *zip, const char *name, GBytes *text, gint64 modified_s);

/* All of the archive. What is added afterwards changes it. */
gint64 server_zip_length(const ServerZip *zip);
/* The next bytes, about a quarter of a megabyte; NULL without an error at the end. An error when a
 * file is not what was added. */
GBytes *server_zip_next(ServerZip *zip, GError **error);
