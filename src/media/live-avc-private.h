/* H.264 as encoders give it (a start code before each unit) and as containers have it (a length before
 * each unit, the parameter sets apart). ITU-T H.264 annex B; ISO/IEC 14496-15, 5.3.3.1.
 * Threads: any, no shared state. */
#pragma once
#include <glib.h>

/* avcC of the parameter sets in `bytes` (start codes), or NULL: they are not there. */
GBytes *media_avcc_new(const guint8 *bytes, gsize length);
/* The units of `bytes` (start codes) with lengths; parameter sets and delimiters left out. */
GBytes *media_avc_lengths(const guint8 *bytes, gsize length);
/* The parameter sets of an avcC, each with a length of four bytes: to stand before a keyframe. NULL:
 * it is no avcC, or is cut off. */
GBytes *media_avcc_sets(const guint8 *avcc, gsize length);
