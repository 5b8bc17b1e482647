/* What tests leave is removed. */
#pragma once
#include <glib/gstdio.h>

/* A folder and all that is in it. Links are removed, not followed. */
static inline void remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_tree(child);
        g_remove(child);
    }
    g_rmdir(path);
}
