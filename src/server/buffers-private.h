/* Buffers for what is on its way to the disk. One that the disk is through with is filled again: a
 * fresh one would be a hundred pages that the system has to clear first.
 * Threads: the server's, and that of the last g_bytes_unref() has to be it too. */
#pragma once
#include <glib.h>

enum { SERVER_BUFFER_BYTES = 256 << 10 }; /* room in each; one that grew is not kept */

typedef struct ServerBuffers ServerBuffers;

ServerBuffers *server_buffers_new(void);
void server_buffers_free(ServerBuffers *buffers); /* what is lent may come back later. NULL-safe */
GByteArray *server_buffers_take(ServerBuffers *buffers);
void server_buffers_put(ServerBuffers *buffers, GByteArray *buffer);
/* What `buffer` holds, without a copy; the buffer is put back when that is let go of. */
GBytes *server_buffers_lend(ServerBuffers *buffers, GByteArray *buffer);
