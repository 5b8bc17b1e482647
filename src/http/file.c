/* A file as a request's conditions ask for it. RFC 9110, 13.2.2 (the order of the conditions) and
 * 14.2 (ranges). */
#include "http-private.h"
#include <string.h>
#include <unistd.h>

/* ---- dates ---- */

static const char days[] = "MonTueWedThuFriSatSun";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static char *format_date(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    if (!time)
        return NULL;
    return g_strdup_printf(
        "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
        days + 3 * (g_date_time_get_day_of_week(time) - 1), g_date_time_get_day_of_month(time),
        months + 3 * (g_date_time_get_month(time) - 1), g_date_time_get_year(time),
        g_date_time_get_hour(time), g_date_time_get_minute(time), g_date_time_get_second(time));
}

static int take_digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is still written. -1: another. */
static gint64 parse_date(const char *text)
{
    static const char form[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    if (strlen(text) != strlen(form))
        return -1;
    for (gsize i = 0; form[i]; i++)
        if (form[i] == '0'   ? !g_ascii_isdigit(text[i])
            : form[i] == 'a' ? !g_ascii_isalpha(text[i])
                             : text[i] != form[i])
            return -1;
    int month = 0;
    while (month < 12 && strncmp(months + 3 * month, text + 8, 3) != 0)
        month++;
    if (month == 12)
        return -1;
    g_autoptr(GDateTime) time = g_date_time_new_utc(
        take_digits(text + 12, 4), month + 1, take_digits(text + 5, 2), take_digits(text + 17, 2),
        take_digits(text + 20, 2), take_digits(text + 23, 2));
    return time ? g_date_time_to_unix(time) : -1;
}

/* ---- conditions ---- */

/* Whether a list of tags ("*", or quoted ones) names this one. A weak one ("W/…") counts only in a
 * weak comparison. */
static gboolean names_tag(const char *list, const char *etag, gboolean weak)
{
    if (strcmp(list, "*") == 0)
        return TRUE;
    while (etag && *list) {
        list += strspn(list, " \t,");
        gboolean is_weak = g_str_has_prefix(list, "W/");
        list += is_weak ? 2 : 0;
        const char *end = *list == '"' ? strchr(list + 1, '"') : NULL;
        if (!end)
            return FALSE;
        gsize length = (gsize)(end - list) + 1;
        if ((weak || !is_weak) && strlen(etag) == length && strncmp(list, etag, length) == 0)
            return TRUE;
        list = end + 1;
    }
    return FALSE;
}

/* 412, 304, or 0: go on. */
static guint condition(const HttpRequest *request, const HttpFile *file)
{
    const char *match = http_request_header(request, "If-Match");
    const char *none_match = http_request_header(request, "If-None-Match");
    const char *unmodified = http_request_header(request, "If-Unmodified-Since");
    const char *modified = http_request_header(request, "If-Modified-Since");
    if (match && !names_tag(match, file->etag, FALSE))
        return 412;
    if (!match && unmodified && file->modified_s > 0) {
        gint64 since = parse_date(unmodified);
        if (since >= 0 && file->modified_s > since)
            return 412;
    }
    if (none_match)
        return names_tag(none_match, file->etag, TRUE) ? 304 : 0;
    if (modified && file->modified_s > 0 && parse_date(modified) >= file->modified_s)
        return 304;
    return 0;
}

/* Whether the range is meant for this file as it is. */
static gboolean range_is_meant(const HttpRequest *request, const HttpFile *file)
{
    const char *condition_text = http_request_header(request, "If-Range");
    if (!condition_text)
        return TRUE;
    if (condition_text[0] == '"')
        return file->etag && strcmp(condition_text, file->etag) == 0;
    return file->modified_s > 0 && parse_date(condition_text) == file->modified_s;
}

/* ---- ranges ---- */

typedef struct Range {
    gint64 start;
    gint64 length; /* 0: none of the file */
} Range;

static gboolean take_number(const char **text, gint64 *number)
{
    char *end;
    if (!g_ascii_isdigit(**text))
        return FALSE;
    guint64 value = g_ascii_strtoull(*text, &end, 10);
    *number = value > G_MAXINT64 ? G_MAXINT64 : (gint64)value;
    *text = end;
    return TRUE;
}

/* FALSE: not one range of bytes, so the whole file is sent. */
static gboolean parse_range(const char *text, gint64 length, Range *range)
{
    gint64 first, last;
    if (g_ascii_strncasecmp(text, "bytes=", 6) != 0)
        return FALSE;
    text += 6;
    text += strspn(text, " \t");
    if (*text == '-') {
        text++;
        if (!take_number(&text, &last) || *text != '\0')
            return FALSE;
        last = MIN(last, length);
        *range = (Range){length - last, last};
        return TRUE;
    }
    if (!take_number(&text, &first) || *text++ != '-')
        return FALSE;
    if (!take_number(&text, &last))
        last = G_MAXINT64;
    else if (last < first)
        return FALSE;
    if (*text != '\0')
        return FALSE;
    last = MIN(last, length - 1);
    *range = first < length ? (Range){first, last - first + 1} : (Range){0, 0};
    return TRUE;
}

/* ---- the reply ---- */

static void add_headers(HttpReply *reply, const HttpFile *file)
{
    g_autofree char *date = file->modified_s > 0 ? format_date(file->modified_s) : NULL;
    if (file->etag)
        http_reply_header(reply, "ETag", file->etag);
    if (date)
        http_reply_header(reply, "Last-Modified", date);
    http_reply_header(reply, "Accept-Ranges", "bytes");
}

static void set_range(HttpReply *reply, const HttpFile *file, const Range *range)
{
    g_autofree char *text =
        range->length > 0
            ? g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                              range->start, range->start + range->length - 1, file->length_bytes)
            : g_strdup_printf("bytes */%" G_GINT64_FORMAT, file->length_bytes);
    http_reply_header(reply, "Content-Range", text);
    http_reply_set_status(reply, range->length > 0 ? 206 : 416);
}

void http_request_reply_file(HttpRequest *request, HttpReply *headers, const HttpFile *file)
{
    Range range = {0, file->length_bytes};
    const char *asked = http_request_header(request, "Range");
    guint status = condition(request, file);
    add_headers(headers, file);
    if (status != 0) {
        http_reply_set_status(headers, status);
        range.length = 0;
    } else if (asked && g_str_equal(http_request_method(request), "GET") &&
               range_is_meant(request, file) && parse_range(asked, file->length_bytes, &range)) {
        set_range(headers, file, &range);
    }
    if (range.length > 0)
        http_reply_file(headers, file->fd, range.start, range.length);
    else
        close(file->fd);
    http_request_reply(request, headers);
}
