/* A reply's body that is made while it is sent: whoever makes it is asked for the next bytes when the
 * client took the ones before, so no more than one piece waits in memory, and may take its time for
 * them (read a file in a worker).
 *
 * Life: from http_reply_stream() until its `closed` callback returns, which comes exactly once,
 * whatever becomes of the reply. Threads: the server's. */
#pragma once
#include <http/request.h>

typedef struct HttpStream HttpStream;

typedef struct HttpStreamEvents {
    /* Everything given so far was taken: http_stream_give() or http_stream_cut() is owed, once, now
     * or later. Never after the declared length was given. */
    void (*wanted)(HttpStream *stream, gpointer data);
    /* The end: all of it was handed to the system, or nobody waits for it any more (a client that
     * went away, a HEAD). The stream is freed when it returns. */
    void (*closed)(HttpStream *stream, gpointer data);
} HttpStreamEvents;

/* The reply's body: exactly `length_bytes`, more than 0, which is what Content-Length says. `events`
 * has to outlive the stream (a const table). Borrowed until `closed`. */
HttpStream *http_reply_stream(HttpReply *reply, gint64 length_bytes, const HttpStreamEvents *events,
                              gpointer data);
/* The next bytes, at least one; referenced. */
void http_stream_give(HttpStream *stream, GBytes *bytes);
/* There are no more, though more were promised: the connection is cut, so that the client notices. */
void http_stream_cut(HttpStream *stream);
