/* Typed members out of a JSON object, with errors that name the file, the line, the path, what was
 * expected and what was found. A reader borrows everything and is made on the stack. */
#pragma once
#include <show/json.h>
#include <show/rate.h>

typedef struct ShowReader {
    const char *name;     /* the file's, for messages */
    gsize line;           /* when it is known; otherwise it is looked up in `json`, if there */
    const ShowJson *json; /* or NULL */
    const char *where;    /* path of `object`: "" or "sources[2]" */
    const json_t *object;
    GError **error;
} ShowReader;

typedef enum {
    SHOW_OPTIONAL = 1, /* a missing member leaves *out alone */
    SHOW_REQUIRED,
} ShowNeed;

typedef gboolean (*ShowTextCheck)(const char *text);

/* All of these answer FALSE after setting the error. `member` NULL: the object itself. */
gboolean show_read_fail(const ShowReader *reader, const char *member, const char *expected,
                        const json_t *found);
/* The same with an exact text after the path. */
gboolean show_read_fail_text(const ShowReader *reader, int code, const char *member,
                             const char *format, ...) G_GNUC_PRINTF(4, 5);

gboolean show_read_is_object(const ShowReader *reader, const char *expected);
gboolean show_read_ms(const ShowReader *reader, const char *member, ShowNeed need, gint64 *out);
gboolean show_read_integer(const ShowReader *reader, const char *member, gint64 least, gint64 most,
                           const char *expected, gint64 *out);
gboolean show_read_real(const ShowReader *reader, const char *member, double least, double most,
                        const char *expected, double *out);
/* A copy in *out, which must be NULL before. */
gboolean show_read_text(const ShowReader *reader, const char *member, ShowNeed need,
                        ShowTextCheck check, const char *expected, char **out);
gboolean show_read_id(const ShowReader *reader, const char *member, ShowNeed need, char **out);
gboolean show_read_label(const ShowReader *reader, const char *member, char **out);
gboolean show_read_rate(const ShowReader *reader, const char *member, ShowRate *out);
gboolean show_read_array(const ShowReader *reader, const char *member, ShowNeed need,
                         const json_t **out);
gboolean show_read_version(const ShowReader *reader);

/* "sources[2]" below the reader's own path. Free with g_free(). */
char *show_read_where(const ShowReader *reader, const char *member, gsize index);
/* The members that are not in `known` (ends with NULL), or NULL when there are none. New. */
json_t *show_read_rest(const json_t *object, const char *const *known);
/* Milliseconds of a JSON number, rounded; FALSE when it is no time of a show. */
gboolean show_read_is_ms(const json_t *value, gint64 *out);

/* Writing. Each leaves the member out when there is nothing to say. */
void show_write_text(json_t *object, const char *member, const char *text);
void show_write_integer(json_t *object, const char *member, gint64 value);
void show_write_rate(json_t *object, const char *member, ShowRate rate);
void show_write_rest(json_t *object, const json_t *extra);
/* Nearest whole number, halves away from zero; |value| must be below 2^63. This room has no libm. */
static inline gint64 show_round(double value)
{
    return (gint64)(value < 0 ? value - 0.5 : value + 0.5);
}
/* A real number, as an integer when it is whole. */
json_t *show_write_number(double value);
