/* What always holds: a server that names the same next page again, or none, ends the listing. */
#include "pages-private.h"

#include <string.h>

S3Xml *s3_pages_ask(S3Client *client, const S3Request *request, const char *root, const char *row,
                    GCancellable *cancellable, GError **error)
{
    S3Answer answer = {0};
    g_autoptr(S3Xml) xml = NULL;
    g_autofree char *name = s3_request_name(client, request);
    if (s3_request_do(client, request, &answer, cancellable, error)) {
        xml = s3_xml_parse((const char *)answer.body->data, answer.body->len, row, error);
        if (xml == NULL)
            g_prefix_error(error, "%s: ", name);
    }
    s3_answer_clear(&answer);
    if (xml == NULL || strcmp(xml->root, root) == 0)
        return g_steal_pointer(&xml);
    g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "%s: expected <%s>, found <%s>", name, root,
                xml->root);
    return NULL;
}

static GArray *page_query(const S3Pages *pages, char *const marks[2])
{
    GArray *query = s3_pairs_new();
    for (guint i = 0; i < pages->query->len; i++) {
        const S3Pair *pair = &g_array_index(pages->query, S3Pair, i);
        s3_pairs_add(query, pair->name, pair->value);
    }
    for (guint i = 0; i < 2; i++)
        if (marks[i] != NULL)
            s3_pairs_add(query, pages->parameters[i], marks[i]);
    return query;
}

/* FALSE: this page does not say where the next one begins. */
static gboolean turn(const S3Pages *pages, const S3Xml *xml, char *marks[2])
{
    gboolean has_moved = FALSE;
    for (guint i = 0; i < 2 && pages->marks[i] != NULL; i++) {
        const char *mark = s3_xml_field(xml, pages->marks[i]);
        has_moved = has_moved || (mark != NULL && *mark != '\0' && g_strcmp0(mark, marks[i]) != 0);
        g_free(marks[i]);
        marks[i] = g_strdup(mark);
    }
    return has_moved;
}

static gboolean do_rows(const S3Xml *xml, S3Row each, gpointer data, GError **error)
{
    for (guint i = 0; i < xml->rows->len; i++)
        if (!each(xml->rows->pdata[i], data, error))
            return FALSE;
    return TRUE;
}

gboolean s3_pages_each(S3Client *client, const S3Pages *pages, S3Row each, gpointer data,
                       GCancellable *cancellable, GError **error)
{
    char *marks[2] = {NULL, NULL};
    gboolean is_good, is_last = FALSE;
    do {
        g_autoptr(GArray) query = page_query(pages, marks);
        const S3Request request = {.method = "GET", .key = pages->key, .query = query};
        g_autoptr(S3Xml) xml =
            s3_pages_ask(client, &request, pages->root, pages->row, cancellable, error);
        is_good = xml != NULL && do_rows(xml, each, data, error);
        is_last = !is_good || g_strcmp0(s3_xml_field(xml, "IsTruncated"), "true") != 0;
        if (!is_last && !turn(pages, xml, marks)) {
            is_good = FALSE;
            is_last = TRUE;
            g_set_error(error, S3_ERROR, S3_ERROR_ANSWER,
                        "%s: the server says there is more, but not where", client->url);
        }
    } while (!is_last);
    g_free(marks[0]);
    g_free(marks[1]);
    return is_good;
}

gint64 s3_row_number(GHashTable *row, const char *name)
{
    const char *text = g_hash_table_lookup(row, name);
    gint64 number;
    return text != NULL && g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &number, NULL) ? number
                                                                                            : -1;
}

gint64 s3_row_time_s(GHashTable *row, const char *name)
{
    const char *text = g_hash_table_lookup(row, name);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = text != NULL ? g_date_time_new_from_iso8601(text, utc) : NULL;
    return time != NULL ? g_date_time_to_unix(time) : 0;
}
