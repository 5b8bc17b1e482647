/* Pictures encoded in parts: see media/parts.h. Threads: as media_render(). */
#pragma once
#include "spans-private.h"

/* What is to be encoded: the plan's frames of render's cameras, by its settings, which have parts. */
typedef struct MediaPartsJob {
    const MediaRender *render;
    const MediaPlan *plan;
    const GArray *keyframes; /* gint64, ascending; NULL: those that the plan wants */
    const char *name;        /* what names of parts begin with */
    const char *stage;       /* of its progress */
} MediaPartsJob;

/* The parts, those that were not there made; `list`: MediaSpan, of all of them. Adds to the report. NULL
 * without an error: they do not fit together, and it has to be encoded in one. */
MediaSpans *media_parts_make(const MediaPartsJob *job, GArray *list, MediaRenderReport *report,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As media_render(), in parts. FALSE without an error: as above. */
gboolean media_parts_render(const MediaRender *render, const MediaPlan *plan,
                            MediaRenderReport *report, GError **error);
