/* What this program uses of libav, and whether the libraries that it runs with have it: distributions
 * leave things out. Threads: any. */
#pragma once
#include <glib.h>

typedef struct MediaNeed {
    const char *name; /* "libx264" */
    const char *kind; /* "encoder", "decoder", "muxer", "demuxer", "protocol" */
    const char *use;  /* what cannot be done without it */
    gboolean is_there;
} MediaNeed;

/* How many there are; `needs` has room for MEDIA_NEEDS_MAX. All texts are static. */
enum { MEDIA_NEEDS_MAX = 32 };
guint media_needs(MediaNeed *needs);
