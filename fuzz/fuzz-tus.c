/* The headers of a tus upload: the first byte says which, the rest is its text. */
#include "upload-headers-private.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *text)
{
    g_autoptr(GError) error = NULL;
    gint64 number;
    gboolean good = server_tus_number("Upload-Length", text, &number, &error);
    g_assert(good == (error == NULL) && number >= -1 && (!good || number >= 0));
}

static void check_metadata(const char *text)
{
    g_autofree char *name = server_tus_metadata(text, "name");
    g_assert(name == NULL || (strlen(name) < 256 && g_utf8_validate(name, -1, NULL)));
}

static void check_sum(const char *text)
{
    g_autoptr(GError) error = NULL;
    StoreSum sum;
    gboolean good = server_tus_sum(text, &sum, &error);
    g_assert(good == (error == NULL) && (!good || sum.kind != STORE_SUM_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        check_number(text);
        break;
    case 1:
        check_metadata(text);
        break;
    default:
        check_sum(text);
    }
    return 0;
}
