/* What a render that is not finished has finished already: files in a folder of their own, and a list
 * that says of what each was made and what it is. The next take of the render takes what it can use.
 *
 * Threads: one object, one at a time. All functions but those marked "no disk" wait for the disk. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>

#define STORE_PARTS      "parts"      /* the folder, in that of an attempt */
#define STORE_PARTS_LIST "parts.json" /* in it */
enum { STORE_PARTS_LISTED_MAX = 4096 };

typedef struct StorePart {
    char *name;   /* in the folder; not hidden, not the list */
    char *key;    /* of all that it was made of: 64 lower-case hex digits */
    char *sha256; /* of its bytes */
    gint64 bytes;
    json_t *facts; /* object, its maker's; or NULL */
} StorePart;

typedef struct StoreParts StoreParts;

/* Makes the folder where there is none. A list that cannot be read names nothing; what the list does
 * not name is deleted. */
StoreParts *store_parts_open(const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Only the list, as it is now; nothing is changed. */
StoreParts *store_parts_look(const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* From a text, without a folder. No disk. */
StoreParts *store_parts_parse(const char *text, gsize length,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void store_parts_free(StoreParts *parts); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreParts, store_parts_free)

/* StorePart *, borrowed. No disk. */
const GPtrArray *store_parts_list(const StoreParts *parts);
/* Path of a part of this name, whether it is there or not; free with g_free(). No disk. */
char *store_parts_path(const StoreParts *parts, const char *name);
/* The key of something, from a text that says all that decides on it. Free with g_free(). No disk. */
char *store_parts_key(const char *text);

/* The part of this name and key when its bytes are those that were kept; else NULL, and what lies there
 * is deleted. Borrowed until the next change. */
const StorePart *store_parts_find(StoreParts *parts, const char *name, const char *key,
                                  GCancellable *cancellable);
/* The file of this name, which is whole and synced, is named in the list from here on. sha256: of its
 * `bytes`, where they were read already, or NULL. facts: taken, or NULL. */
typedef struct StorePartNew {
    const char *name, *key, *sha256;
    gint64 bytes;
    json_t *facts;
} StorePartNew;
gboolean store_parts_keep(StoreParts *parts, const StorePartNew *made, GCancellable *cancellable,
                          GError **error);
/* Those whose names begin so are not needed any more. */
gboolean store_parts_drop(StoreParts *parts, const char *prefix, GError **error);
