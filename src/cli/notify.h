/* Telling systemd how the service is (sd_notify's protocol, without libsystemd): datagrams to the
 * socket that $NOTIFY_SOCKET names. Without it nothing happens. Threads: any. */
#pragma once
#include <glib.h>

void cli_notify(const char *state); /* "READY=1", "STOPPING=1" */
/* Beats of the watchdog from this loop, when systemd asked for them ($WATCHDOG_USEC). NULL: it did
 * not. Destroy and unref. */
GSource *cli_notify_watchdog(GMainContext *context);
