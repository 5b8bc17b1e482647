/* A multipart body, whole and in pieces: both have to give the same parts, bytes and verdict. The
 * first byte gives the size of the pieces. */
#include <http/multipart.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean begin(const char *name, const char *file_name, const char *content_type,
                      gpointer data)
{
    g_assert(name && g_utf8_validate(name, -1, NULL));
    g_assert(!file_name || g_utf8_validate(file_name, -1, NULL));
    g_string_append_printf(data, "\n[%s %s %s]", name, file_name ? file_name : "",
                           content_type ? content_type : "");
    return TRUE;
}

static gboolean bytes(const guint8 *at, gsize length, gpointer data)
{
    g_assert(length > 0);
    g_string_append_len(data, (const char *)at, (gssize)length);
    return TRUE;
}

static gboolean end(gpointer data)
{
    g_string_append_c(data, '.');
    return TRUE;
}

static GString *read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    static const HttpMultipartEvents events = {begin, bytes, end};
    const HttpMultipartLimits limits = {.parts = 5, .header_bytes = 300};
    GString *seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpMultipart) multipart = http_multipart_new("b", &limits, &events, seen);
    gboolean is_right = TRUE;
    for (size_t at = 0; at < size && is_right; at += piece)
        is_right = http_multipart_feed(multipart, data + at, MIN(piece, size - at), &error);
    if (is_right)
        is_right = http_multipart_finish(multipart, &error);
    g_assert(is_right == !error);
    g_string_append_printf(seen, "=%d", error ? error->code : 0);
    return seen;
}

static void read_boundary(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *boundary = http_multipart_boundary(text);
    if (boundary)
        http_multipart_free(http_multipart_new(boundary, NULL, &(HttpMultipartEvents){0}, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    read_boundary(data, size);
    GString *whole = read_in_pieces(data + 1, size - 1, size);
    GString *pieces = read_in_pieces(data + 1, size - 1, 1 + data[0] % 64);
    g_assert(g_string_equal(whole, pieces));
    g_string_free(whole, TRUE);
    g_string_free(pieces, TRUE);
    return 0;
}
