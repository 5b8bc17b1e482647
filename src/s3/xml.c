/* GMarkup reads it: it knows no entities of the document's own, so nothing grows. The limits here
 * bound what a hostile answer can make us keep. */
#include "xml-private.h"

#include <s3/error.h>

#include <string.h>

enum {
    DEPTH_MAX = 16,
    ROWS_MAX = 10000, /* ListParts and listings have pages of 1000 */
    FIELDS_MAX = 64,  /* of one row or root */
    NAME_BYTES_MAX = 64,
    TEXT_BYTES_MAX = 4096, /* keys have 1024 bytes at most */
};

typedef struct Reader {
    S3Xml *xml;
    const char *row;   /* name of the rows */
    GHashTable *at;    /* where fields go: the root's or a row's */
    guint depth;       /* elements that are open */
    guint field_depth; /* depth of the elements whose text counts here */
    GString *text;     /* of the open field */
    gboolean in_field;
} Reader;

static gboolean too_much(GError **error, const char *what)
{
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "too many or too long: %s",
                what);
    return FALSE;
}

static GHashTable *new_fields(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static gboolean open_row(Reader *reader, GError **error)
{
    if (reader->xml->rows->len >= ROWS_MAX)
        return too_much(error, "rows");
    reader->at = new_fields();
    g_ptr_array_add(reader->xml->rows, reader->at);
    reader->field_depth = 3;
    return TRUE;
}

static void start_element(GMarkupParseContext *context, const char *name, const char **names,
                          const char **values, gpointer data, GError **error)
{
    Reader *reader = data;
    (void)context, (void)names, (void)values;
    reader->depth++;
    reader->in_field = FALSE;
    if (reader->depth > DEPTH_MAX || strlen(name) > NAME_BYTES_MAX) {
        too_much(error, "elements");
        return;
    }
    if (reader->depth == 1 && reader->xml->root != NULL)
        too_much(error, "roots"); /* GMarkup takes several */
    else if (reader->depth == 1)
        reader->xml->root = g_strdup(name);
    else if (reader->depth == 2 && reader->row != NULL && strcmp(name, reader->row) == 0)
        open_row(reader, error);
    else if (reader->depth == reader->field_depth) {
        reader->in_field = TRUE;
        g_string_truncate(reader->text, 0);
    }
}

/* The first of several of one name counts. */
static void end_element(GMarkupParseContext *context, const char *name, gpointer data,
                        GError **error)
{
    Reader *reader = data;
    (void)context;
    if (reader->in_field && !g_hash_table_contains(reader->at, name)) {
        if (g_hash_table_size(reader->at) >= FIELDS_MAX)
            too_much(error, "fields");
        else
            g_hash_table_insert(reader->at, g_strdup(name), g_strdup(reader->text->str));
    }
    reader->in_field = FALSE;
    reader->depth--;
    if (reader->depth == 1) {
        reader->at = reader->xml->fields;
        reader->field_depth = 2;
    }
}

static void take_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                      GError **error)
{
    Reader *reader = data;
    (void)context;
    if (!reader->in_field)
        return;
    if (reader->text->len + length > TEXT_BYTES_MAX)
        too_much(error, "text");
    else
        g_string_append_len(reader->text, text, (gssize)length);
}

S3Xml *s3_xml_parse(const char *text, gsize length, const char *row, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = start_element, .end_element = end_element, .text = take_text};
    g_autoptr(S3Xml) xml = g_new0(S3Xml, 1);
    xml->fields = new_fields();
    xml->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    Reader reader = {.xml = xml, .row = row, .at = xml->fields, .field_depth = 2};
    reader.text = g_string_new(NULL);
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
    g_autoptr(GError) why = NULL;
    gboolean is_good = g_markup_parse_context_parse(context, text, (gssize)length, &why) &&
                       g_markup_parse_context_end_parse(context, &why);
    g_markup_parse_context_free(context);
    g_string_free(reader.text, TRUE);
    if (is_good && xml->root != NULL)
        return g_steal_pointer(&xml);
    g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "the answer is no XML that can be read: %s",
                why != NULL ? why->message : "it is empty");
    return NULL;
}

void s3_xml_free(S3Xml *xml)
{
    if (xml == NULL)
        return;
    g_free(xml->root);
    g_hash_table_unref(xml->fields);
    g_ptr_array_unref(xml->rows);
    g_free(xml);
}

const char *s3_xml_field(const S3Xml *xml, const char *name)
{
    return g_hash_table_lookup(xml->fields, name);
}
