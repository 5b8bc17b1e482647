/* The parameter sets of an H.264 stream as MP4 and Matroska carry them, once for all pictures
 * (ISO 14496-15, 5.3.3.1: avcC). It has room for several, told apart by their numbers: pictures of
 * two encoders can so lie in one stream, each naming its own. */
#pragma once
#include <glib.h>

/* A number from 1 to 31 that no set has; -1 when these bytes are no such sets, are cut off, or
 * their pictures do not have lengths of four bytes. */
int media_avcc_free_id(const guint8 *bytes, gsize n);

/* The same sets and those of `units` (each with its length in four bytes in front); NULL when either
 * makes no sense or there is no room. */
GByteArray *media_avcc_add(const guint8 *bytes, gsize n, const guint8 *units,
                           gsize units_n) G_GNUC_WARN_UNUSED_RESULT;
