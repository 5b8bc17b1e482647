/* Any bytes as a list of a render's parts, as they come from object storage. What is taken names files in
 * its folder only, each once, with sums that can be compared. */
#include <store/parts.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(StoreParts) parts = store_parts_parse((const char *)data, size, NULL);
    if (parts == NULL)
        return 0;
    const GPtrArray *list = store_parts_list(parts);
    g_assert_cmpuint(list->len, <=, STORE_PARTS_LISTED_MAX);
    for (guint i = 0; i < list->len; i++) {
        const StorePart *part = list->pdata[i];
        g_assert_null(strchr(part->name, '/'));
        g_assert_true(part->name[0] != '.' && part->name[0] != '\0');
        g_assert_cmpstr(part->name, !=, STORE_PARTS_LIST);
        g_assert_cmpuint(strlen(part->key), ==, 64);
        g_assert_cmpuint(strlen(part->sha256), ==, 64);
        g_assert_cmpint(part->bytes, >=, 0);
        for (guint k = 0; k < i; k++)
            g_assert_cmpstr(part->name, !=, ((const StorePart *)list->pdata[k])->name);
    }
    return 0;
}
