/* Runs of frames of several files that one encoder wrote, put one behind the other without decoding.
 * What always holds: each begins and ends at a keyframe that nothing reaches across, so that decoding
 * order within it is kept and moving it keeps both clocks ascending.
 * Threads: one object, one thread at a time. */
#pragma once
#include "mux-private.h"
#include "render-plan-private.h"

typedef struct MediaSpan {
    gsize file;
    gint64 first, end; /* frames of the file, half open */
    gint64 at;         /* frame of the output */
} MediaSpan;

typedef struct MediaSpans MediaSpans;

/* paths: NULL for a file that no span names. rate: of all of them. */
MediaSpans *media_spans_open(const char *const *paths, gsize n, ShowRate rate,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_spans_close(MediaSpans *spans); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSpans, media_spans_close)

/* One encoder with one kind of settings: FALSE when its parameter sets differ all the same. */
gboolean media_spans_are_alike(const MediaSpans *spans);
/* Of the picture; borrowed. The time base of all packets is one frame. */
const AVCodecParameters *media_spans_codec(const MediaSpans *spans);

/* From here on read() gives the packets of these (MediaSpan, borrowed), in their order. */
void media_spans_begin(MediaSpans *spans, const GArray *list);
/* The next one, timed in frames of the output. FALSE at the end, and on an error. */
gboolean media_spans_read(MediaSpans *spans, AVPacket *packet, GError **error);

typedef struct MediaSpansRender {
    const MediaRender *render;
    const MediaPlan *plan;
    MediaSpans *spans;
    const GArray *program, *highlights; /* MediaSpan */
} MediaSpansRender;
/* Program and highlights of render, with its sound. Adds to the report. Stage "copy". */
gboolean media_spans_render(const MediaSpansRender *all, MediaRenderReport *report, GError **error);
