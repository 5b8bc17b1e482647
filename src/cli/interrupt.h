/* Ctrl-C and SIGTERM cancel what runs, so that it can leave nothing half-written. A second one
 * ends the program at once. */
#pragma once
#include <gio/gio.h>

/* Call once, before any thread starts. Threads: makes one, "interrupt". */
void cli_interrupt_watch(GCancellable *cancellable);
