#include "buffers-private.h"

enum { SPARE_MAX = 32 };

struct ServerBuffers {
    GQueue spare; /* GByteArray *, empty */
    guint refs;   /* the owner's and those of loans */
};

typedef struct Loan {
    ServerBuffers *buffers;
    GByteArray *buffer;
} Loan;

static void unref(ServerBuffers *buffers)
{
    if (--buffers->refs > 0)
        return;
    g_queue_clear_full(&buffers->spare, (GDestroyNotify)g_byte_array_unref);
    g_free(buffers);
}

ServerBuffers *server_buffers_new(void)
{
    ServerBuffers *buffers = g_new0(ServerBuffers, 1);
    buffers->refs = 1;
    return buffers;
}

void server_buffers_free(ServerBuffers *buffers)
{
    if (buffers != NULL)
        unref(buffers);
}

GByteArray *server_buffers_take(ServerBuffers *buffers)
{
    GByteArray *spare = g_queue_pop_tail(&buffers->spare);
    return spare != NULL ? spare : g_byte_array_sized_new(SERVER_BUFFER_BYTES);
}

void server_buffers_put(ServerBuffers *buffers, GByteArray *buffer)
{
    if (buffer->len > SERVER_BUFFER_BYTES || buffers->spare.length >= SPARE_MAX) {
        g_byte_array_unref(buffer);
        return;
    }
    g_byte_array_set_size(buffer, 0);
    g_queue_push_tail(&buffers->spare, buffer);
}

static void end_loan(gpointer data)
{
    g_autofree Loan *loan = data;
    server_buffers_put(loan->buffers, loan->buffer);
    unref(loan->buffers);
}

GBytes *server_buffers_lend(ServerBuffers *buffers, GByteArray *buffer)
{
    Loan *loan = g_new(Loan, 1);
    *loan = (Loan){buffers, buffer};
    buffers->refs++;
    return g_bytes_new_with_free_func(buffer->data, buffer->len, end_loan, loan);
}
