/* Answers of servers: rows and fields, and the limits under which they are read. */
#include "xml-private.h"

#include <s3/error.h>

#include <string.h>

static S3Xml *parse(const char *text, GError **error)
{
    return s3_xml_parse(text, strlen(text), "Contents", error);
}

static void test_rows(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(S3Xml) xml =
        parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<Name>shows</Name><IsTruncated>true</IsTruncated>"
              "<Contents><Key>a &amp; b</Key><Owner><ID>x</ID></Owner><Size>5</Size></Contents>"
              "<CommonPrefixes><Prefix>no</Prefix></CommonPrefixes>"
              "<Contents><Key>c</Key><Key>d</Key></Contents>"
              "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
              &error);
    g_assert_no_error(error);
    g_assert_cmpstr(xml->root, ==, "ListBucketResult");
    g_assert_cmpuint(xml->rows->len, ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(xml->rows->pdata[0], "Key"), ==, "a & b");
    g_assert_cmpstr(g_hash_table_lookup(xml->rows->pdata[0], "Size"), ==, "5");
    g_assert_null(g_hash_table_lookup(xml->rows->pdata[0], "ID"));
    g_assert_cmpstr(g_hash_table_lookup(xml->rows->pdata[1], "Key"), ==, "c"); /* the first one */
    g_assert_cmpstr(s3_xml_field(xml, "NextContinuationToken"), ==, "t");
    g_assert_null(s3_xml_field(xml, "Prefix"));
}

static char *nested(guint depth)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < depth; i++)
        g_string_append(text, "<a>");
    for (guint i = 0; i < depth; i++)
        g_string_append(text, "</a>");
    return g_string_free(text, FALSE);
}

static char *repeated(const char *before, const char *what, guint times, const char *after)
{
    GString *text = g_string_new(before);
    for (guint i = 0; i < times; i++)
        g_string_append(text, what);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void test_limits(void)
{
    g_autofree char *deep = nested(50000);
    g_autofree char *wide = repeated("<r>", "<Contents/>", 10001, "</r>");
    g_autofree char *long_text = repeated("<r><Key>", "aaaaaaaa", 600, "</Key></r>");
    const char *const bad[] = {deep,       wide,
                               long_text,  "",
                               "no XML",   "<a>",
                               "<a></b>",  "<a/><b/>",
                               "\xff\xfe", "<!DOCTYPE r [<!ENTITY x \"y\">]><r><Key>&x;</Key></r>"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(bad[i], &error));
        g_assert_error(error, S3_ERROR, S3_ERROR_ANSWER);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3/xml/rows-and-fields", test_rows);
    g_test_add_func("/s3/xml/hostile-answers-end-early", test_limits);
    return g_test_run();
}
