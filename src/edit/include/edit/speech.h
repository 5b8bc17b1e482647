/* Speech as intervals, from a log: what highlights and chapters are chosen from. */
#pragma once
#include <show/log.h>

typedef struct EditSpan {
    gint64 start_ms, end_ms; /* session clock; half open */
    int source;              /* index into sources */
} EditSpan;

/* Spans of speech in the sound itself (edge_t; else t less the usual delay), pauses under
 * merge_ms closed, ascending (start, source). Free with g_array_unref(). */
GArray *edit_spans(const ShowLog *log, const GPtrArray *sources, gint64 merge_ms, gint64 end_ms);
