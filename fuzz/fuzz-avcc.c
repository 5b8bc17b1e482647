/* Any bytes as the parameter sets of an H.264 stream: the first half as those of a recording, the
 * second as sets to add. What comes out is read again, and says that it holds both. */
#include "avcc-private.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t first = MIN((size_t)data[0] << 8 | data[1], size - 2);
    const uint8_t *bytes = data + 2;
    int id = media_avcc_free_id(bytes, first);
    g_assert_true(id == -1 || (id >= 1 && id < 32));
    g_autoptr(GByteArray) both = media_avcc_add(bytes, first, bytes + first, size - 2 - first);
    if (both == NULL)
        return 0;
    g_assert_cmpuint(both->len, >=, (guint)(first + (size - 2 - first) / 2));
    g_autoptr(GByteArray) again = media_avcc_add(both->data, both->len, NULL, 0);
    g_assert_nonnull(again);
    g_assert_cmpuint(again->len, ==, both->len);
    return 0;
}
