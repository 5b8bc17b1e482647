/* The body of one request on its way into a recording: gathered, given to the disk, and not taken
 * faster from the client than the disk takes it. Threads: the server's. */
#pragma once
#include "uploads-private.h"

typedef struct ServerFeed ServerFeed;

/* `error` NULL: every byte is on disk. Once, from the loop or from server_feed_bytes() and
 * _finish(); not after server_feed_free(). `error` is borrowed. */
typedef void (*ServerFeedEnded)(const GError *error, gpointer data);

/* Claims the recording: who wrote it before is ended with SERVER_ERROR_CONFLICT (a connection that
 * died and does not know it yet must not lock its client out). The call's body is paused and resumed
 * from here. */
ServerFeed *server_feed_new(Server *server, ServerRecording *recording, ServerCall *call,
                            gint64 offset, ServerFeedEnded ended,
                            gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* All of the body is one chunk with this sum; longer than `upload-chunk` is SERVER_ERROR_TOO_LARGE. */
void server_feed_set_sum(ServerFeed *feed, const StoreSum *sum);
/* Where the next bytes may be put, so that they are not copied: `length` of them, until anything else
 * is asked of the feed. They are given with server_feed_bytes() all the same. */
guint8 *server_feed_room(ServerFeed *feed, gsize *length);
/* FALSE: it has ended. */
gboolean server_feed_bytes(ServerFeed *feed, const guint8 *bytes, gsize length);
void server_feed_finish(ServerFeed *feed);      /* the body is complete */
gint64 server_feed_end(const ServerFeed *feed); /* where the next byte goes */
/* Releases the recording; what is under way goes on. NULL-safe. Before the call's answer. */
void server_feed_free(ServerFeed *feed);
