/* A look at JSON text without building anything: where values end, how deep they nest, and on
 * which line the value of a path stands. It judges no grammar; jansson does that. Works on any
 * bytes and never reads past `length`. */
#pragma once
#include <glib.h>

/* Length of a UTF-8 byte order mark at the start: 0 or 3. */
gsize show_scan_mark(const char *text, gsize length);
/* First place at or after `at` that is no JSON white space; `length` when there is none. */
gsize show_scan_space(const char *text, gsize length, gsize at);
/* The place after the value that begins at `at` (brackets balanced, strings closed), or 0 when it
 * does not end. *depth, if not NULL, becomes the deepest nesting met. */
gsize show_scan_value(const char *text, gsize length, gsize at, guint *depth);
/* Number of the line that `at` stands on, from 1. */
gsize show_scan_line(const char *text, gsize length, gsize at);
/* Where the value of a path such as  sources[2].role  begins; of the longest part of the path
 * that exists. Members whose names are written with escapes are not found. */
gsize show_scan_locate(const char *text, gsize length, const char *path);
