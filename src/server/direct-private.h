/* Recordings that clients send to the bucket themselves (--direct-uploads): they are given an address
 * there for one file, and when they say that it is sent, it is fetched, verified, and a recording as
 * any other. Threads: the server's; one of its own, "fetch", waits for network and disk. */
#pragma once
#include "server-private.h"

/* NULL: not configured. The mirror outlives it. */
ServerDirect *server_direct_new(Server *server);
/* After server_mirror_stop() and the shows. NULL-safe. */
void server_direct_free(ServerDirect *direct);
