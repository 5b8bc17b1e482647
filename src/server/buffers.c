#include "buffers-private.h"

#include <sys/mman.h>

enum {
    BLOCK_BYTES = 4096,
    HUGE_BYTES = 2 << 20, /* a large page */
    SPARE_MAX = 24,
    SPARE_IDLE = 2, /* kept when nothing is on its way */
};

/* Buffers of the usual size lie side by side in large pages: a disk that reads them pins each page,
 * and of small ones there are 256 in a MiB (a tenth of an upload's work, bench/server). */
typedef struct Slab {
    guint8 *bytes;
    guint next; /* the first of its buffers that was never made */
    guint refs; /* its buffers, and while it has some to make, ServerBuffers */
} Slab;

struct ServerBuffers {
    gsize full;
    Slab *slab;   /* has buffers to make; or NULL */
    GQueue spare; /* ServerBuffer *, of the usual size */
    guint out;    /* taken, not put back */
    guint refs;   /* the owner's and those of loans */
};

typedef struct Loan {
    ServerBuffers *buffers;
    ServerBuffer *buffer;
} Loan;

static void slab_unref(Slab *slab)
{
    if (--slab->refs > 0)
        return;
    g_aligned_free(slab->bytes);
    g_free(slab);
}

static void buffer_free(ServerBuffer *buffer)
{
    if (buffer->slab != NULL)
        slab_unref(buffer->slab);
    else
        g_aligned_free(buffer->bytes);
    g_free(buffer);
}

static void unref(ServerBuffers *buffers)
{
    if (--buffers->refs > 0)
        return;
    g_queue_clear_full(&buffers->spare, (GDestroyNotify)buffer_free);
    g_clear_pointer(&buffers->slab, slab_unref);
    g_free(buffers);
}

ServerBuffers *server_buffers_new(gsize chunk_bytes)
{
    ServerBuffers *buffers = g_new0(ServerBuffers, 1);
    buffers->full = MAX(chunk_bytes / BLOCK_BYTES, 2) * BLOCK_BYTES - BLOCK_BYTES;
    buffers->refs = 1;
    return buffers;
}

void server_buffers_free(ServerBuffers *buffers)
{
    if (buffers != NULL)
        unref(buffers);
}

gsize server_buffers_full(const ServerBuffers *buffers)
{
    return buffers->full;
}

/* A block more than what one has to hold: what begins within a block has room too. */
static gsize usual_size(const ServerBuffers *buffers)
{
    return buffers->full + BLOCK_BYTES;
}

static Slab *new_slab(void)
{
    Slab *slab = g_new0(Slab, 1);
    slab->bytes = g_aligned_alloc(HUGE_BYTES / BLOCK_BYTES, BLOCK_BYTES, HUGE_BYTES);
    slab->refs = 1;
    madvise(slab->bytes, HUGE_BYTES, MADV_HUGEPAGE); /* where there are none, small ones do */
    return slab;
}

static void take_from_slab(ServerBuffers *buffers, ServerBuffer *buffer)
{
    if (buffers->slab == NULL)
        buffers->slab = new_slab();
    Slab *slab = buffer->slab = buffers->slab;
    buffer->bytes = slab->bytes + slab->next++ * buffer->size;
    slab->refs++;
    if ((slab->next + 1) * buffer->size > HUGE_BYTES)
        slab_unref(g_steal_pointer(&buffers->slab));
}

static ServerBuffer *new_buffer(ServerBuffers *buffers, gsize size)
{
    ServerBuffer *buffer = g_new0(ServerBuffer, 1);
    buffer->size = size;
    if (size == usual_size(buffers) && size <= HUGE_BYTES)
        take_from_slab(buffers, buffer);
    else
        buffer->bytes = g_aligned_alloc(size / BLOCK_BYTES, BLOCK_BYTES, BLOCK_BYTES);
    return buffer;
}

ServerBuffer *server_buffers_take(ServerBuffers *buffers, gint64 offset, gsize room)
{
    gsize begin = (gsize)offset % BLOCK_BYTES;
    gsize size = usual_size(buffers);
    if (begin + room > size)
        size = (begin + room + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    ServerBuffer *buffer = size == usual_size(buffers) ? g_queue_pop_tail(&buffers->spare) : NULL;
    if (buffer == NULL)
        buffer = new_buffer(buffers, size);
    buffer->begin = buffer->end = begin;
    buffers->out++;
    return buffer;
}

static void keep_spare(ServerBuffers *buffers, guint count)
{
    while (buffers->spare.length > count)
        buffer_free(g_queue_pop_head(&buffers->spare));
}

void server_buffers_put(ServerBuffers *buffers, ServerBuffer *buffer)
{
    if (buffer == NULL)
        return;
    buffers->out--;
    if (buffer->size == usual_size(buffers))
        g_queue_push_tail(&buffers->spare, buffer);
    else
        buffer_free(buffer);
    keep_spare(buffers, buffers->out > 0 ? SPARE_MAX : SPARE_IDLE);
}

static void end_loan(gpointer data)
{
    g_autofree Loan *loan = data;
    server_buffers_put(loan->buffers, loan->buffer);
    unref(loan->buffers);
}

GBytes *server_buffers_lend(ServerBuffers *buffers, ServerBuffer *buffer)
{
    Loan *loan = g_new(Loan, 1);
    *loan = (Loan){buffers, buffer};
    buffers->refs++;
    return g_bytes_new_with_free_func(buffer->bytes + buffer->begin, buffer->end - buffer->begin,
                                      end_loan, loan);
}
