/* multipart/form-data, RFC 7578 and RFC 2046, 5.1, as it comes.
 *
 * A part ends at CR LF "--" boundary, the delimiter. CR stands nowhere in it but at its start, so a
 * match that fails can only begin anew at the byte where it failed; and what was held back for it
 * is always a piece of the delimiter itself, so nothing has to be copied. */
#include <http/multipart.h>

#include "delimiter-private.h"

#include <string.h>

enum { BOUNDARY_MAX = 70, DELIMITER_MAX = BOUNDARY_MAX + 4 };

typedef enum {
    PREAMBLE = 1,
    AFTER_DELIMITER, /* "--" or the end of the line follows */
    HEADERS,
    BODY,
    DONE,
    FAILED,
} State;

struct HttpMultipart {
    char delimiter[DELIMITER_MAX + 1];
    gsize delimiter_length;
    HttpDelimiter search;
    gsize matched; /* bytes of the delimiter that came and may become one */
    State state;
    GString *line;     /* of the headers, or behind a delimiter */
    gsize header_left; /* bytes that this part's headers may still have */
    guint parts_left;
    gsize header_max;
    char *name;
    char *file_name;
    char *content_type;
    const HttpMultipartEvents *events;
    gpointer data;
};

/* ---- the boundary and other parameters ---- */

static gboolean is_token_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* The value at `*at`, a token or a quoted string, whose end becomes `*at`. In a quoted string only
 * \" and \\ are escapes: some clients write the paths of Windows as they are. NULL: neither. */
static char *take_value(const char **at)
{
    const char *c = *at;
    GString *value = g_string_new(NULL);
    gboolean is_right = TRUE;
    if (*c == '"') {
        for (c++; *c && *c != '"'; c++) {
            if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
                c++;
            g_string_append_c(value, *c);
        }
        is_right = *c++ == '"';
    } else {
        for (; is_token_char(*c) || (*c && strchr("()/:=?@", *c)); c++)
            g_string_append_c(value, *c);
        is_right = value->len > 0;
    }
    if (is_right)
        *at = c;
    return g_string_free(value, !is_right);
}

/* The parameter of that name in "…; name=value; …". NULL: it is not there, or cannot be read. */
static char *find_parameter(const char *parameters, const char *name)
{
    gsize length = strlen(name);
    const char *at = parameters;
    while (*at == ';') {
        at += 1 + strspn(at + 1, " \t");
        const char *start = at;
        while (is_token_char(*at))
            at++;
        gboolean is_it =
            (gsize)(at - start) == length && g_ascii_strncasecmp(start, name, length) == 0;
        if (*at++ != '=')
            return NULL;
        char *value = take_value(&at);
        if (!value || is_it)
            return value;
        g_free(value);
        at += strspn(at, " \t");
    }
    return NULL;
}

static gboolean is_boundary(const char *text)
{
    gsize length = strlen(text);
    for (const char *c = text; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("'()+_,-./:=? ", *c))
            return FALSE;
    return length >= 1 && length <= BOUNDARY_MAX && text[length - 1] != ' ';
}

/* What stands behind "type" and white space, or NULL when it is another type. */
static const char *skip_type(const char *text, const char *type)
{
    gsize length = strlen(type);
    text += strspn(text, " \t");
    if (g_ascii_strncasecmp(text, type, length) != 0)
        return NULL;
    text += length;
    text += strspn(text, " \t");
    return *text == ';' || *text == '\0' ? text : NULL;
}

char *http_multipart_boundary(const char *content_type)
{
    const char *parameters = content_type ? skip_type(content_type, "multipart/form-data") : NULL;
    g_autofree char *boundary = parameters ? find_parameter(parameters, "boundary") : NULL;
    return boundary && is_boundary(boundary) ? g_steal_pointer(&boundary) : NULL;
}

/* ---- failures ---- */

static G_GNUC_PRINTF(4, 5) gboolean
    fail(HttpMultipart *multipart, GError **error, HttpError code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    multipart->state = FAILED;
    g_set_error(error, HTTP_ERROR, (int)code, "cannot read the multipart body: %s", text);
    return FALSE;
}

static gboolean refused(HttpMultipart *multipart, GError **error)
{
    return fail(multipart, error, HTTP_ERROR_FAILED, "a part was refused");
}

/* ---- headers of a part ---- */

static gboolean is_text(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((guint8)*c < 0x20 || *c == 0x7f)
            return FALSE;
    return g_utf8_validate(text, -1, NULL);
}

static void forget_headers(HttpMultipart *multipart)
{
    g_clear_pointer(&multipart->name, g_free);
    g_clear_pointer(&multipart->file_name, g_free);
    g_clear_pointer(&multipart->content_type, g_free);
}

static gboolean take_disposition(HttpMultipart *multipart, const char *value, GError **error)
{
    const char *parameters = skip_type(value, "form-data");
    if (!parameters || multipart->name)
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "a part is not form-data, once");
    multipart->name = find_parameter(parameters, "name");
    multipart->file_name = find_parameter(parameters, "filename");
    if (!multipart->name || !is_text(multipart->name) ||
        (multipart->file_name && !is_text(multipart->file_name)))
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "a part has no name that can be read");
    return TRUE;
}

static gboolean take_header(HttpMultipart *multipart, char *line, GError **error)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "a header line of a part has no colon");
    *colon = '\0';
    char *value = g_strstrip(colon + 1);
    if (g_ascii_strcasecmp(line, "Content-Disposition") == 0)
        return take_disposition(multipart, value, error);
    if (g_ascii_strcasecmp(line, "Content-Type") == 0) {
        if (!is_text(value))
            return fail(multipart, error, HTTP_ERROR_SYNTAX, "a part's type cannot be read");
        g_free(multipart->content_type);
        multipart->content_type = g_strdup(value);
    }
    return TRUE;
}

static gboolean begin_part(HttpMultipart *multipart, GError **error)
{
    if (!multipart->name)
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "a part has no Content-Disposition");
    if (multipart->parts_left-- == 0)
        return fail(multipart, error, HTTP_ERROR_TOO_LARGE, "it has too many parts");
    multipart->state = BODY;
    multipart->matched = 0;
    gboolean wanted = multipart->events->begin(multipart->name, multipart->file_name,
                                               multipart->content_type, multipart->data);
    forget_headers(multipart);
    return wanted || refused(multipart, error);
}

/* ---- lines: headers, and what stands behind a delimiter ---- */

static gboolean end_delimiter_line(HttpMultipart *multipart, GError **error)
{
    const char *rest = multipart->line->str;
    if (rest[strspn(rest, " \t")] != '\0')
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "something stands behind a boundary");
    multipart->state = HEADERS;
    multipart->header_left = multipart->header_max;
    return TRUE;
}

static gboolean end_line(HttpMultipart *multipart, GError **error)
{
    GString *line = multipart->line;
    if (line->len == 0 || line->str[line->len - 1] != '\r')
        return fail(multipart, error, HTTP_ERROR_SYNTAX, "a line does not end with CR LF");
    g_string_truncate(line, line->len - 1);
    gboolean is_right = TRUE;
    if (strlen(line->str) != line->len)
        is_right = fail(multipart, error, HTTP_ERROR_SYNTAX, "a line has a NUL");
    else if (multipart->state == AFTER_DELIMITER)
        is_right = end_delimiter_line(multipart, error);
    else if (line->len > 0)
        is_right = take_header(multipart, line->str, error);
    else
        is_right = begin_part(multipart, error);
    g_string_truncate(line, 0);
    return is_right;
}

/* Takes bytes up to the end of a line. 0: a failure. */
static gsize feed_line(HttpMultipart *multipart, const char *bytes, gsize length, GError **error)
{
    if (multipart->state == AFTER_DELIMITER && multipart->line->len < 2)
        length = MIN(length, 2 - multipart->line->len); /* "--", whatever follows */
    const char *end = memchr(bytes, '\n', length);
    gsize taken = end ? (gsize)(end - bytes) + 1 : length;
    if (taken > multipart->header_left) {
        fail(multipart, error, HTTP_ERROR_TOO_LARGE, "the headers of a part are too long");
        return 0;
    }
    multipart->header_left -= taken;
    g_string_append_len(multipart->line, bytes, (gssize)(end ? taken - 1 : taken));
    if (multipart->state == AFTER_DELIMITER && g_str_has_prefix(multipart->line->str, "--")) {
        multipart->state = DONE;
        return taken;
    }
    return !end || end_line(multipart, error) ? taken : 0;
}

/* ---- bodies: up to a delimiter ---- */

static gboolean give(HttpMultipart *multipart, const char *bytes, gsize length, GError **error)
{
    if (length == 0 || multipart->state == PREAMBLE)
        return TRUE;
    return multipart->events->bytes((const guint8 *)bytes, length, multipart->data) ||
           refused(multipart, error);
}

static gboolean end_body(HttpMultipart *multipart, GError **error)
{
    gboolean had_part = multipart->state == BODY;
    multipart->state = AFTER_DELIMITER;
    multipart->matched = 0;
    multipart->header_left = multipart->header_max;
    g_string_truncate(multipart->line, 0);
    return !had_part || multipart->events->end(multipart->data) || refused(multipart, error);
}

/* How many bytes at the end may be the start of a delimiter. */
static gsize held_back(const HttpMultipart *multipart, const char *bytes, gsize length)
{
    gsize look = MIN(length, multipart->delimiter_length - 1);
    const char *cr = memrchr(bytes + length - look, '\r', look);
    gsize rest = cr ? (gsize)(bytes + length - cr) : 0;
    return cr && memcmp(cr, multipart->delimiter, rest) == 0 ? rest : 0;
}

/* Goes on with a delimiter that began in an earlier piece. Bytes taken; FALSE: a failure. */
static gboolean go_on_matching(HttpMultipart *multipart, const char *bytes, gsize length,
                               gsize *taken, GError **error)
{
    gsize n = 0;
    while (n < length && multipart->matched < multipart->delimiter_length &&
           bytes[n] == multipart->delimiter[multipart->matched]) {
        n++;
        multipart->matched++;
    }
    *taken = n;
    if (multipart->matched == multipart->delimiter_length)
        return end_body(multipart, error);
    if (n == length)
        return TRUE;
    gsize held = multipart->matched;
    multipart->matched = 0;
    return give(multipart, multipart->delimiter, held, error);
}

static gboolean feed_body(HttpMultipart *multipart, const char *bytes, gsize length, gsize *taken,
                          GError **error)
{
    if (multipart->matched > 0)
        return go_on_matching(multipart, bytes, length, taken, error);
    const char *end = http_delimiter_find(&multipart->search, bytes, length);
    if (end) {
        *taken = (gsize)(end - bytes) + multipart->delimiter_length;
        return give(multipart, bytes, (gsize)(end - bytes), error) && end_body(multipart, error);
    }
    *taken = length;
    multipart->matched = held_back(multipart, bytes, length);
    return give(multipart, bytes, length - multipart->matched, error);
}

/* ---- the whole ---- */

HttpMultipart *http_multipart_new(const char *boundary, const HttpMultipartLimits *limits,
                                  const HttpMultipartEvents *events, gpointer data)
{
    g_assert(is_boundary(boundary));
    HttpMultipart *multipart = g_new0(HttpMultipart, 1);
    multipart->delimiter_length =
        (gsize)g_snprintf(multipart->delimiter, sizeof multipart->delimiter, "\r\n--%s", boundary);
    http_delimiter_init(&multipart->search, multipart->delimiter, multipart->delimiter_length);
    multipart->matched = 2; /* the first one needs no CR LF before it */
    multipart->state = PREAMBLE;
    multipart->line = g_string_new(NULL);
    multipart->parts_left = limits && limits->parts ? limits->parts : 64;
    multipart->header_max = limits && limits->header_bytes ? limits->header_bytes : 8192;
    multipart->events = events;
    multipart->data = data;
    return multipart;
}

gboolean http_multipart_feed(HttpMultipart *multipart, const guint8 *bytes, gsize length,
                             GError **error)
{
    g_assert(multipart->state != FAILED);
    const char *at = (const char *)bytes;
    while (length > 0 && multipart->state != DONE) {
        gsize taken = 0;
        if (multipart->state == PREAMBLE || multipart->state == BODY) {
            if (!feed_body(multipart, at, length, &taken, error))
                return FALSE;
        } else {
            taken = feed_line(multipart, at, length, error);
            if (taken == 0)
                return FALSE;
        }
        at += taken;
        length -= taken;
    }
    return TRUE;
}

gsize http_multipart_held(const HttpMultipart *multipart)
{
    return multipart->state == BODY ? multipart->matched : 0;
}

gboolean http_multipart_finish(const HttpMultipart *multipart, GError **error)
{
    if (multipart->state == DONE)
        return TRUE;
    g_set_error(error, HTTP_ERROR, HTTP_ERROR_SYNTAX,
                "cannot read the multipart body: it ends before its last boundary");
    return FALSE;
}

void http_multipart_free(HttpMultipart *multipart)
{
    if (!multipart)
        return;
    forget_headers(multipart);
    g_string_free(multipart->line, TRUE);
    g_free(multipart);
}
