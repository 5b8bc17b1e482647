/* The XML that S3 servers answer with, read under limits: a root, its children that hold text, and
 * rows (children that hold such children), as in
 *   <ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key>…</Contents>…
 * What is deeper is passed over. Threads: any, no shared state. */
#pragma once
#include <glib.h>

typedef struct S3Xml {
    char *root;
    GHashTable *fields; /* name → text */
    GPtrArray *rows;    /* of GHashTable, name → text, in order */
} S3Xml;

/* `row`: the name of the rows, or NULL. S3_ERROR_ANSWER. */
S3Xml *s3_xml_parse(const char *text, gsize length, const char *row,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void s3_xml_free(S3Xml *xml); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Xml, s3_xml_free)
const char *s3_xml_field(const S3Xml *xml, const char *name); /* borrowed; NULL: none */
