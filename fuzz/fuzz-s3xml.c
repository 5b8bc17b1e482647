/* What an S3 server answers: as a page of rows, and as the lines of a header. */
#include "request-private.h"
#include "xml-private.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(const char *text, gsize length)
{
    S3Answer answer = {0};
    for (gsize start = 0; start < length;) {
        const char *end = memchr(text + start, '\n', length - start);
        gsize line = end != NULL ? (gsize)(end - text) + 1 - start : length - start;
        s3_answer_take_line(&answer, text + start, line);
        start += line;
    }
    for (guint i = 0; i < S3_HEADERS; i++)
        g_assert(answer.headers[i] == NULL || strlen(answer.headers[i]) <= 1024);
    s3_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const rows[] = {"Contents", "Part", "Upload", NULL};
    const char *text = (const char *)data;
    if (size == 0)
        return 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(S3Xml) xml = s3_xml_parse(text + 1, size - 1, rows[data[0] % 4], &error);
    g_assert((xml == NULL) == (error != NULL));
    if (xml != NULL)
        g_assert(xml->root != NULL && xml->rows->len <= 10000);
    read_lines(text, size);
    return 0;
}
