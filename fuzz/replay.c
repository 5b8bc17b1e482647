/* Replays a corpus through a fuzz target as an ordinary test: one TAP line a file, so that what a
 * fuzzer once found stays found on machines without libFuzzer. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    g_autoptr(GError) error = NULL;
    GDir *folder = g_dir_open(argv[1], 0, &error);
    if (folder == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_dir_close(folder);
    g_ptr_array_sort(names, compare_names);

    /* An empty corpus would be a test that cannot fail. */
    g_assert_cmpuint(names->len, >, 0);
    printf("1..%u\n", names->len);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(argv[1], names->pdata[i], NULL);
        g_autofree char *bytes = NULL;
        gsize length = 0;
        if (!g_file_get_contents(path, &bytes, &length, &error)) {
            printf("not ok %u %s # %s\n", i + 1, (char *)names->pdata[i], error->message);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
        printf("ok %u %s\n", i + 1, (char *)names->pdata[i]);
        fflush(stdout);
    }
    return 0;
}
