/* Folders by their descriptors: listed, opened, deleted. */
#include "shows-private.h"

#include <store/error.h>

#include "disk-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *read_names(DIR *folder, const StorePlace *place, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *entry;
    for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    if (errno != 0) {
        store_fail_errno(error, errno, place->path, NULL, "list this folder");
        return NULL;
    }
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

GPtrArray *store_list_place(const StorePlace *place, GError **error)
{
    /* A descriptor of its own: reading moves it. */
    int fd = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        store_fail_errno(error, errno, place->path, NULL, "list this folder");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    GPtrArray *names = read_names(folder, place, error);
    closedir(folder);
    return names;
}

gboolean store_open_below(const StorePlace *above, const char *name, StorePlace *place,
                          GError **error)
{
    g_assert(strchr(name, '/') == NULL);
    int fd = above->io->open_at(above->io, above->fd, name,
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return store_fail_errno(error, errno, above->path, name, "open this folder");
    *place =
        (StorePlace){.fd = fd, .path = g_build_filename(above->path, name, NULL), .io = above->io};
    return TRUE;
}

void store_place_clear(StorePlace *place)
{
    if (place->fd >= 0)
        close(place->fd);
    place->fd = -1;
    g_free((char *)place->path);
    place->path = NULL;
}

static gboolean remove_content(const StorePlace *place, GError **error);

/* A file or link is removed as it is; what turns out to be a folder is emptied first. */
static gboolean remove_one(const StorePlace *place, const char *name, GError **error)
{
    const StoreIo *io = place->io;
    if (io->remove_at(io, place->fd, name, 0) == 0 || errno == ENOENT)
        return TRUE;
    if (errno != EISDIR && errno != EPERM)
        return store_fail_errno(error, errno, place->path, name, "delete it");
    return store_remove_tree(place, name, error);
}

/* As deep as folders nest, which in a store is two or three. */
static gboolean remove_content(const StorePlace *place, GError **error)
{
    g_autoptr(GPtrArray) names = store_list_place(place, error);
    for (guint i = 0; names != NULL && i < names->len; i++)
        if (!remove_one(place, names->pdata[i], error))
            return FALSE;
    return names != NULL;
}

gboolean store_remove_tree(const StorePlace *above, const char *name, GError **error)
{
    StorePlace place;
    if (!store_open_below(above, name, &place, error))
        return FALSE;
    gboolean good = remove_content(&place, error);
    store_place_clear(&place);
    return good && (above->io->remove_at(above->io, above->fd, name, AT_REMOVEDIR) == 0 ||
                    store_fail_errno(error, errno, above->path, name, "delete this folder"));
}
