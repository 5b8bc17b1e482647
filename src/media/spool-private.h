/* A file that nobody else sees and that goes with the program: written once from its beginning,
 * then read anywhere. */
#pragma once
#include <gio/gio.h>

typedef struct MediaSpool MediaSpool;

MediaSpool *media_spool_open(GError **error); /* in the temporary folder */
/* In the folder of `path`, which stands in errors: for what may be as large as that file. */
MediaSpool *media_spool_open_beside(const char *path, GError **error);
void media_spool_close(MediaSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSpool, media_spool_close)

gboolean media_spool_append(MediaSpool *spool, const void *data, gsize bytes, GError **error);
/* Ends the writing. */
gboolean media_spool_finish(MediaSpool *spool, GError **error);
gint64 media_spool_bytes(const MediaSpool *spool);
/* Reads up to `bytes`; what lies outside the spool is set to zero. */
gboolean media_spool_read(const MediaSpool *spool, gint64 at, void *data, gsize bytes,
                          GError **error);
/* What lies before `until` is not read again: its place on the disk is given back, where the file
 * system can do that. */
void media_spool_forget(MediaSpool *spool, gint64 until);
