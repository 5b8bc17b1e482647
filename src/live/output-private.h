/* One destination of a show on air: its sender, what it says, how it is started again, and what is
 * reported of it. Threads: as live/onair.h. */
#pragma once
#include "destination-private.h"

typedef struct LiveOutput LiveOutput; /* begins with a LiveDestination */

typedef struct LiveOutputOwner {
    const char *program;
    gboolean allow_private;
    const char *ca_file;
    const LiveOnAirEvents *events;
    gpointer data;
    /* Hands the sender's end of a socket to the feed; taken. FALSE: there is no feed now, the output
     * is started when there is. */
    gboolean (*connect)(gpointer onair, int fd);
    void (*ended)(gpointer onair); /* a sender has ended */
    gpointer onair;
} LiveOutputOwner;

/* `target` is taken; `before` as in live/onair.h, of this destination; may be NULL. */
LiveOutput *live_output_new(const LiveOutputOwner *owner, LiveTarget *target,
                            const json_t *before) G_GNUC_WARN_UNUSED_RESULT;
LiveOutput *live_output_new_failed(const LiveOutputOwner *owner, const char *name, const char *code,
                                   const char *why, const json_t *before) G_GNUC_WARN_UNUSED_RESULT;
/* One that had ended before this process, as `before` says it. */
LiveOutput *live_output_new_ended(const LiveOutputOwner *owner, const char *name,
                                  const json_t *before) G_GNUC_WARN_UNUSED_RESULT;
void live_output_free(LiveOutput *output);

void live_output_start(LiveOutput *output);
/* There is no feed any more: the sender is ended, and waits to be started. */
void live_output_hold(LiveOutput *output, const char *why);
void live_output_stop(LiveOutput *output); /* then ended(), after some seconds at most */
gboolean live_output_is_running(const LiveOutput *output);

void live_output_total(const LiveOutput *output, LiveTotals *totals); /* adds to them */
json_t *live_output_json(const LiveOutput *output, gboolean is_brief);
