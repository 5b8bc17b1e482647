/* What the files of this room share about speech. */
#pragma once
#include <edit/speech.h>

/* New array: each source's spans joined where less than merge_ms lies between them (overlapping and
 * touching ones always), ascending (start, source). */
GArray *edit_spans_merged(const GArray *spans, gint64 merge_ms);
