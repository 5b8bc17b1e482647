/* What of a show belongs at the mirror, in the order in which it is sent: a manifest comes after all
 * that it names. Waits for the disk. Threads: any. */
#pragma once
#include <gio/gio.h>

typedef struct MirrorItem {
    char *name; /* below the show's folder: "cam_1_iso.webm", "cuts/calm/program.mp4" */
    char *kind; /* as the manifest says: "iso"; NULL: none */
    gint64 bytes;
    char *sha256;      /* as the manifest says; NULL: none is known */
    gint64 changed_us; /* where there is no sha256 */
    GBytes *text;      /* a manifest as it was read; NULL: the file is sent */
} MirrorItem;

/* Of MirrorItem *, owned. Of a show that is gone: empty. NULL and error: it cannot be read. */
GPtrArray *mirror_plan_new(const char *folder, GError **error);
/* Changes when a manifest in the show does. "" : there is none. Free with g_free(). */
char *mirror_plan_stamp(const char *folder);
