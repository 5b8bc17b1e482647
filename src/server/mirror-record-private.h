/* What the mirror has of one show. Threads: one at a time. */
#pragma once
#include <glib.h>

typedef struct MirrorFile {
    gint64 bytes;
    char *sha256;      /* NULL: not said */
    gint64 changed_us; /* of a file without a sum of its own, when it was last written; else 0 */
} MirrorFile;

/* name → MirrorFile, owned; free with g_hash_table_unref(). */
GHashTable *mirror_record_new(void);
void mirror_record_take(GHashTable *record, const char *name, const MirrorFile *file);
/* A record that cannot be read is an empty one: then the mirror is asked. */
GHashTable *mirror_record_load(const char *path);
gboolean mirror_record_save(GHashTable *record, const char *path, GError **error);
