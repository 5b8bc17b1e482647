/* Sources as parts of a larger document. */
#pragma once
#include <show/source.h>

#include "read-private.h"

ShowSource *show_source_read(const ShowReader *reader);
/* The array `member` of the reader's object: at most SHOW_SOURCES_MAX, ids unique, cameras known.
 * New array with free function; empty when the member is missing. NULL: the error is set. */
GPtrArray *show_sources_read(const ShowReader *reader, const char *member);
json_t *show_sources_write(const GPtrArray *sources);
