/* A destination that is tried before it counts: the feed and the sender of a show on air (live/onair.h)
 * publish a slate there for a few seconds. The first trouble is the answer; nothing is tried again.
 * Threads: as live/onair.h. */
#pragma once
#include <live/onair.h>

typedef struct LiveTry LiveTry;

typedef struct LiveTryOptions {
    const char *program; /* path of this program */
    gboolean allow_private;
    const char *ca_file; /* as of live/onair.h */
} LiveTryOptions;

/* {"name","address","platform","ok","state","code","why","connected","sent","bytes","frames",
 * "warnings"}: docs/API.md. Borrowed. Once, from the loop, when its processes have ended; the try may be
 * freed from within. */
typedef void (*LiveTryDone)(const json_t *result, gpointer data);

/* `target` is taken. */
LiveTry *live_try_new(const LiveTryOptions *options, LiveTarget *target, LiveTryDone done,
                      gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Its processes are killed, and done() does not come. NULL-safe. */
void live_try_free(LiveTry *one);
const LiveTarget *live_try_target(const LiveTry *one);
