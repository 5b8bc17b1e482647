/* What lies in Redis. Two servers that share one Redis have a database each. */
#pragma once

/* A stream: one ticket for each job that is not done. A ticket is the right to ask the server what is
 * to be done; which job that is the server says, so its order is the queue's and not the stream's. */
#define KEY_TICKETS "crosscut:jobs"
#define GROUP       "workers"
/* A list: what workers say to the server. */
#define KEY_SAID "crosscut:said"
/* And a list for each worker: what the server says to it. */
#define KEY_TO "crosscut:to:"
/* And a key for each, that is there for a lease after it was last there. */
#define KEY_HERE "crosscut:here:"
/* How long a lease lasts, ms: a ticket whose holder is silent for so long may be claimed. */
#define KEY_LEASE "crosscut:lease"
