/* The headers of tus. Each takes the header's text, NULL where there is none. */
#pragma once
#include <glib.h>
#include <store/upload.h>

/* A whole number ≥ 0; -1 when there is no text. FALSE: it is something else. */
gboolean server_tus_number(const char *name, const char *text, gint64 *number, GError **error);
/* One value of Upload-Metadata, new string; NULL: not there, or no text. */
char *server_tus_metadata(const char *text, const char *key);
/* Upload-Checksum. kind NONE: there is no text. */
gboolean server_tus_sum(const char *text, StoreSum *sum, GError **error);
