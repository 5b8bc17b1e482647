/* Several parts of one camera as one recording: packets copied into one Matroska file, each part at
 * its place, with a hole where there is none. For what reads one file a camera; made for one render
 * and removed after it.
 *
 * Parts that another format or other parameter sets keep from lying in one track are left out and
 * said so. Where a part begins before the one before it has ended, that one ends early. */
#pragma once
#include <gio/gio.h>
#include <media/progress.h>

typedef struct MediaPart {
    const char *path;
    double start_s; /* its zero, after that of the first part; ascending, the first 0 */
} MediaPart;

/* warnings: char *, owned, appended. Progress stage: "join". On an error nothing is left. */
gboolean media_join(const MediaPart *parts, gsize n, const char *path, GPtrArray *warnings,
                    const MediaProgress *progress, GCancellable *cancellable, GError **error);
