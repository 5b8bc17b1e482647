/* Frames on a stream socket between our own processes, and descriptors sent along with them. Neither
 * side ever waits: a reader takes what is there, a writer's ring loses what its reader does not take.
 * Threads: one object, one thread at a time. */
#pragma once
#include <live/ring.h>

typedef enum {
    LIVE_PIPE_GOOD = 1, /* all that waited was read or written */
    LIVE_PIPE_WAITS,    /* the socket takes no more, or nothing is there */
    LIVE_PIPE_ENDED,    /* the other side has gone */
} LivePipe;

/* ---- reading ---- */

typedef struct LiveReader LiveReader;

LiveReader *live_reader_new(int fd) G_GNUC_WARN_UNUSED_RESULT; /* taken, made non-blocking */
void live_reader_free(LiveReader *reader);                     /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveReader, live_reader_free)
int live_reader_fd(const LiveReader *reader);
/* Reads once. */
LivePipe live_reader_fill(LiveReader *reader);
/* The next whole frame, a reference, and what it says, which is borrowed from it. NULL: none is
 * there; with `error` (LIVE_ERROR_FORMAT): what came is no frame, and nothing can follow. */
GBytes *live_reader_next(LiveReader *reader, LiveFrame *frame, GError **error);
/* The oldest descriptor that came and was not taken; -1: none. */
int live_reader_take_fd(LiveReader *reader);

/* ---- writing ---- */

typedef struct LiveWriter LiveWriter;

LiveWriter *live_writer_new(int fd, const LiveRingLimits *limits) G_GNUC_WARN_UNUSED_RESULT;
void live_writer_free(LiveWriter *writer); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveWriter, live_writer_free)
int live_writer_fd(const LiveWriter *writer);
/* What waits within the limits. Push to it, then flush. */
LiveRing *live_writer_ring(LiveWriter *writer);
/* Goes before all that waits, and is never lost. `fd` goes along with it and is taken; -1: none. */
void live_writer_send(LiveWriter *writer, const LiveFrame *frame, int fd);
LivePipe live_writer_flush(LiveWriter *writer);
