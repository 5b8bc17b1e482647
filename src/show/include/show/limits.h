/* Limits that every room keeps to, and which names are allowed. */
#pragma once
#include <glib.h>

enum {
    SHOW_SOURCES_MAX = 16,
    SHOW_FILES_MAX = 10000,        /* named by a manifest */
    SHOW_ID_BYTES_MAX = 64,        /* of a source or an event */
    SHOW_LABEL_BYTES_MAX = 200,    /* UTF-8, no control characters */
    SHOW_LINE_BYTES_MAX = 65536,   /* one line of a log */
    SHOW_JSON_DEPTH_MAX = 64,
};
/* A log is read one event at a time; other documents are whole in memory, where the
 * worst text (nothing but empty objects) was measured to take 75 times its size. */
#define SHOW_LOG_BYTES_MAX (G_GINT64_CONSTANT(512) << 20)
#define SHOW_FILE_BYTES_MAX (G_GINT64_CONSTANT(16) << 20)
#define SHOW_T_MS_MAX (G_GINT64_CONSTANT(366) * 24 * 3600 * 1000) /* no show is longer than a year */

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most SHOW_ID_BYTES_MAX bytes, and no "..": safe as part of a
 * file's name. The server gives cam_1 … cam_16; `crosscut cut` takes any such name. */
gboolean show_id_is_valid(const char *id);
/* Valid UTF-8 without control characters, 1 to SHOW_LABEL_BYTES_MAX bytes. */
gboolean show_label_is_valid(const char *label);
