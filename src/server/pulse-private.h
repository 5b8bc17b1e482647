/* Whether the threads that wait for the disk still come back: each is sent a beat now and then.
 * Threads: the server's. */
#pragma once
#include <store/workers.h>

typedef struct ServerPulse ServerPulse;

ServerPulse *server_pulse_new(StoreWorkers *workers,
                              GMainContext *context) G_GNUC_WARN_UNUSED_RESULT;
/* For how long a beat has been out; 0: none is. */
gint64 server_pulse_age_ms(const ServerPulse *pulse);
void server_pulse_free(ServerPulse *pulse); /* a beat under way is let go of. NULL-safe */
