/* Finding a multipart delimiter in a body. Gigabytes pass by here: what is usual, that it is nowhere,
 * has to cost next to nothing. */
#pragma once

#include <glib.h>

/* One word for each two bytes that stand next to each other in the delimiter: 8 KiB. */
typedef struct HttpDelimiter {
    const char *text; /* the caller's */
    gsize length;     /* bytes, at least 2 */
    guint64 pairs[1024];
} HttpDelimiter;

void http_delimiter_init(HttpDelimiter *delimiter, const char *text, gsize length);

/* Where it stands first in `bytes`, or NULL. */
const char *http_delimiter_find(const HttpDelimiter *delimiter, const char *bytes, gsize length);
