/* The outer structure of a recording, walked over without reading what it holds: where the clusters
 * of a Matroska file (RFC 9559) or the fragments of an MP4 file (ISO 14496-12) begin, where what is
 * whole ends, and how much lies in no element because it is damaged.
 *
 * libav reads past damage and says nothing of it; this says it. Other containers have no clusters
 * and count as whole. Memory does not grow with the file. Threads: one object, one at a time. */
#pragma once
#include <gio/gio.h>

typedef struct MediaLayout MediaLayout;

MediaLayout *media_layout_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_layout_close(MediaLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaLayout, media_layout_close)

/* Where the last cluster begins that begins at or before `position`, or -1. Ask for positions in
 * ascending order: it walks on and never back. */
gint64 media_layout_cluster(MediaLayout *layout, gint64 position);

typedef struct MediaLayoutEnd {
    gint64 bytes;         /* of the file */
    gint64 whole_bytes;   /* up to here every element is whole, or was stepped over as damage */
    gint64 damaged_bytes; /* of them, in no element */
    gboolean torn;        /* the file ends before its structure does */
} MediaLayoutEnd;

/* Walks to the end. */
MediaLayoutEnd media_layout_finish(MediaLayout *layout);
