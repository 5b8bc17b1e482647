/* Buffers for what is on its way to the disk. What is put into one lies in memory as it will lie in
 * the blocks of the file, so that it can be written without being copied (store/upload-write.c); and
 * one that the disk is through with is filled again: a fresh one would be hundreds of pages that the
 * system has to clear first.
 * Threads: the server's, and that of the last g_bytes_unref() has to be it too. */
#pragma once
#include <glib.h>

typedef struct ServerBuffers ServerBuffers;

typedef struct ServerBuffer {
    guint8 *bytes;
    gsize size;
    gsize begin, end; /* what it holds */
    struct Slab *slab; /* where its bytes lie; NULL: by themselves */
} ServerBuffer;

/* `chunk_bytes`: their size; so they are full with a block less. */
ServerBuffers *server_buffers_new(gsize chunk_bytes);
void server_buffers_free(ServerBuffers *buffers); /* what is lent may come back later. NULL-safe */
/* Up to here (ServerBuffer.end) one is filled: the next one then begins with a block of the file. */
gsize server_buffers_full(const ServerBuffers *buffers);
/* An empty one for bytes of a file from `offset` on, with room for at least `room` of them. */
ServerBuffer *server_buffers_take(ServerBuffers *buffers, gint64 offset, gsize room);
void server_buffers_put(ServerBuffers *buffers, ServerBuffer *buffer); /* NULL-safe */
/* What `buffer` holds, without a copy; the buffer is put back when that is let go of. */
GBytes *server_buffers_lend(ServerBuffers *buffers, ServerBuffer *buffer);
