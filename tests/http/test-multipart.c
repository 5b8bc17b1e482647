/* multipart/form-data in pieces of every size, right and wrong. */
#include <http/multipart.h>
#include <string.h>

typedef struct Seen {
    GString *text; /* "name|file|type=bytes;" for each part */
    gboolean refuses_begin;
} Seen;

static gboolean on_begin(const char *name, const char *file_name, const char *content_type,
                         gpointer data)
{
    Seen *seen = data;
    g_string_append_printf(seen->text, "%s|%s|%s=", name, file_name ? file_name : "-",
                           content_type ? content_type : "-");
    return !seen->refuses_begin;
}

static gboolean on_bytes(const guint8 *bytes, gsize length, gpointer data)
{
    g_assert_cmpuint(length, >, 0);
    g_string_append_len(((Seen *)data)->text, (const char *)bytes, (gssize)length);
    return TRUE;
}

static gboolean on_end(gpointer data)
{
    g_string_append_c(((Seen *)data)->text, ';');
    return TRUE;
}

static const HttpMultipartEvents events = {on_begin, on_bytes, on_end};

/* What is seen when the body comes in pieces of that size; then the error's code, when it has one. */
static char *read_in_pieces(const char *body, gsize length, gsize piece,
                            const HttpMultipartLimits *limits, int *code)
{
    Seen seen = {.text = g_string_new(NULL)};
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpMultipart) multipart = http_multipart_new("XyZ", limits, &events, &seen);
    gboolean is_right = TRUE;
    for (gsize at = 0; at < length && is_right; at += piece)
        is_right = http_multipart_feed(multipart, (const guint8 *)body + at,
                                       MIN(piece, length - at), &error);
    if (is_right)
        is_right = http_multipart_finish(multipart, &error);
    g_assert_true(is_right == (error == NULL));
    *code = error ? error->code : 0;
    return g_string_free(seen.text, FALSE);
}

#define PART(name, bytes) \
    "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n" bytes "\r\n--XyZ"

static const struct {
    const char *body;
    const char *seen;
    int code;
} cases[] = {
    {"--XyZ\r\n" PART("a", "1") "--\r\n", "a|-|-=1;", 0},
    {"--XyZ\r\n" PART("a", "1") "\r\n" PART("b", "") "--", "a|-|-=1;b|-|-=;", 0},
    {"ignored\r\n--XyZ \t\r\n" PART("a", "\r\n--Xy\r\r\n-\r\n--\r\n") "--\r\nignored too",
     "a|-|-=\r\n--Xy\r\r\n-\r\n--\r\n;", 0},
    {"--XyZ\r\ncontent-type: video/webm\r\nCONTENT-DISPOSITION: form-data; name=file;"
     " filename=\"a \\\"b\\\" \\c.webm\"\r\nX: y\r\n\r\n--XyZ\r\n--XyZ--",
     "file|a \"b\" \\c.webm|video/webm=--XyZ;", 0},
    {"--XyZ--\r\n", "", 0},
    {"--XyZ\r\n" PART("\303\244", "1") "--", "\303\244|-|-=1;", 0},
    {"", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\n" PART("a", "1") "\r\n", "a|-|-=1;", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc", "a|-|-=abc",
     HTTP_ERROR_SYNTAX},
    {"--XyZ\r\n" PART("\377", "1") "--", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\n" PART("a\tb", "1") "--", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\nContent-Disposition: form-data\r\n\r\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\nno colon\r\n\r\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\r\n\r\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZ\nContent-Disposition: form-data; name=a\n\n", "", HTTP_ERROR_SYNTAX},
    {"--XyZmore\r\n", "", HTTP_ERROR_SYNTAX},
};

static void test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize length = strlen(cases[i].body);
        for (gsize piece = 1; piece <= length + 1; piece++) {
            int code;
            g_autofree char *seen = read_in_pieces(cases[i].body, length, piece, NULL, &code);
            g_assert_cmpstr(seen, ==, cases[i].seen);
            g_assert_cmpint(code, ==, cases[i].code);
        }
    }
}

/* Bytes of a file that are like a delimiter again and again. */
static GString *any_bytes(const char *boundary)
{
    GString *bytes = g_string_new(NULL);
    g_autofree char *delimiter = g_strconcat("\r\n--", boundary, NULL);
    gint32 length = (gint32)strlen(delimiter);
    for (gint32 pieces = g_test_rand_int_range(0, 60); pieces > 0; pieces--) {
        gint32 from = g_test_rand_int_range(0, length);
        if (g_test_rand_bit())
            g_string_append_len(bytes, delimiter + from, g_test_rand_int_range(0, length - from));
        else
            g_string_append_c(bytes, (char)g_test_rand_int_range(0, 256));
    }
    return bytes;
}

/* What a search byte by byte says of the part that `bytes` and a delimiter make. */
static GString *expect_part(const GString *bytes, const char *delimiter)
{
    g_autoptr(GString) whole = g_string_new_len(bytes->str, (gssize)bytes->len);
    g_string_append(whole, delimiter);
    gsize end = 0;
    while (memcmp(whole->str + end, delimiter, strlen(delimiter)) != 0)
        end++;
    GString *seen = g_string_new("a|-|-=");
    g_string_append_len(seen, whole->str, (gssize)end);
    return g_string_append_c(seen, ';');
}

static void check_part(const char *boundary, const GString *bytes)
{
    g_autofree char *delimiter = g_strconcat("\r\n--", boundary, NULL);
    g_autoptr(GString) expected = expect_part(bytes, delimiter);
    g_autoptr(GString) body = g_string_new(NULL);
    g_string_printf(body, "--%s\r\nContent-Disposition: form-data; name=a\r\n\r\n", boundary);
    gsize length = body->len + expected->len - strlen("a|-|-=;") + strlen(delimiter);
    g_string_append_len(body, bytes->str, (gssize)bytes->len);
    g_string_append(body, delimiter);
    g_autoptr(GString) text = g_string_new(NULL);
    Seen seen = {.text = text};
    g_autoptr(HttpMultipart) multipart = http_multipart_new(boundary, NULL, &events, &seen);
    gsize first = (gsize)g_test_rand_int_range(0, (gint32)length + 1);
    const guint8 *at = (const guint8 *)body->str;
    g_assert_true(http_multipart_feed(multipart, at, first, NULL));
    g_assert_true(http_multipart_feed(multipart, at + first, length - first, NULL));
    g_assert_cmpmem(text->str, text->len, expected->str, expected->len);
}

static void test_any_body(void)
{
    for (guint round = 0; round < 2000; round++) {
        g_autofree char *boundary = g_strnfill((gsize)g_test_rand_int_range(1, 71), 'b');
        boundary[g_test_rand_int_range(0, (gint32)strlen(boundary))] = '-';
        g_autoptr(GString) bytes = any_bytes(boundary);
        check_part(boundary, bytes);
    }
}

static void test_limits(void)
{
    const HttpMultipartLimits limits = {.parts = 2, .header_bytes = 100};
    int code;
    const char three[] = "--XyZ\r\n" PART("a", "") "\r\n" PART("b", "") "\r\n" PART("c", "") "--";
    g_free(read_in_pieces(three, strlen(three), 7, &limits, &code));
    g_assert_cmpint(code, ==, HTTP_ERROR_TOO_LARGE);
    g_autofree char *line = g_strnfill(200, 'x');
    g_autofree char *longer = g_strconcat("--XyZ\r\n", line, NULL);
    g_free(read_in_pieces(longer, strlen(longer), 1, &limits, &code));
    g_assert_cmpint(code, ==, HTTP_ERROR_TOO_LARGE);
    g_autofree char *padding = g_strnfill(200, ' ');
    g_autofree char *padded = g_strconcat("--XyZ", padding, NULL);
    g_free(read_in_pieces(padded, strlen(padded), 3, &limits, &code));
    g_assert_cmpint(code, ==, HTTP_ERROR_TOO_LARGE);
}

static void test_refusal(void)
{
    Seen seen = {.text = g_string_new(NULL), .refuses_begin = TRUE};
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpMultipart) multipart = http_multipart_new("XyZ", NULL, &events, &seen);
    const char body[] = "--XyZ\r\n" PART("a", "1") "--";
    g_assert_false(http_multipart_feed(multipart, (const guint8 *)body, strlen(body), &error));
    g_assert_error(error, HTTP_ERROR, HTTP_ERROR_FAILED);
    g_string_free(seen.text, TRUE);
}

static void test_boundary(void)
{
    static const struct {
        const char *type;
        const char *boundary;
    } types[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"Multipart/Form-Data ;charset=x; BOUNDARY=\"a b'c\"", "a b'c"},
        {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
         "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
        {"multipart/form-data", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=\"abc", NULL},
        {"multipart/form-data; boundary=\"a \"", NULL},
        {"multipart/form-data; boundary=\"a<b\"", NULL},
        {"multipart/mixed; boundary=abc", NULL},
        {"multipart/form-dataX; boundary=abc", NULL},
        {"multipart/form-data; boundary="
         "01234567890123456789012345678901234567890123456789012345678901234567890",
         NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *boundary = http_multipart_boundary(types[i].type);
        g_assert_cmpstr(boundary, ==, types[i].boundary);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/multipart/reads-the-same-in-pieces-of-every-size", test_cases);
    g_test_add_func("/http/multipart/any-body-ends-at-its-delimiter", test_any_body);
    g_test_add_func("/http/multipart/keeps-its-limits", test_limits);
    g_test_add_func("/http/multipart/ends-when-a-part-is-refused", test_refusal);
    g_test_add_func("/http/multipart/finds-the-boundary-of-a-content-type", test_boundary);
    return g_test_run();
}
