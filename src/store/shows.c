/* The storage and its shows. What always holds: a name in sessions/ or trash/ is synced before it is
 * said to be there, and a show is in one of the two. */
#include <store/shows.h>

#include <store/error.h>
#include <store/folder.h>
#include <show/limits.h>
#include <show/manifest.h>
#include <store/names.h>
#include <store/whole.h>

#include "disk-private.h"
#include "shows-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_NAME    "lock"
#define RESERVE_NAME "reserve"
#define CUTS_NAME    "cuts"

struct StoreShow {
    char *id;
    StorePlace place;
};

/* The storage */

/* Whose lock it is, as far as can be read. */
static void fail_locked(const StoreShows *self, int fd, GError **error)
{
    char text[32] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    guint64 pid = got > 0 ? g_ascii_strtoull(text, NULL, 10) : 0;
    g_autofree char *whose =
        pid > 0 ? g_strdup_printf(" (process %" G_GUINT64_FORMAT ")", pid) : g_strdup("");
    g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED,
                "%s: cannot open this storage: another server%s uses it; stop that one, or give "
                "another folder",
                self->root.path, whose);
}

static gboolean take_lock(StoreShows *self, GError **error)
{
    int fd = store_open_file(&self->root, LOCK_NAME, O_RDWR | O_CREAT, NULL, error);
    if (fd < 0)
        return FALSE;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            fail_locked(self, fd, error);
        else
            store_fail_errno(error, errno, self->root.path, LOCK_NAME, "lock it");
        close(fd);
        return FALSE;
    }
    self->lock = fd;
    char text[32];
    int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
        g_info("%s/" LOCK_NAME " does not say whose it is", self->root.path);
    return TRUE;
}

static gboolean open_root(StoreShows *self, const StoreShowsOptions *options, GError **error)
{
    self->root.io = options->io != NULL ? options->io : store_io_system();
    self->root.path = g_canonicalize_filename(options->path, NULL);
    if (g_mkdir_with_parents(self->root.path, 0777) != 0)
        return store_fail_errno(error, errno, self->root.path, NULL, "make this folder");
    self->root.fd = open(self->root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return self->root.fd >= 0 ||
           store_fail_errno(error, errno, self->root.path, NULL, "open this folder");
}

static gboolean open_part(StoreShows *self, const char *name, StorePlace *place, GError **error)
{
    const StoreIo *io = self->root.io;
    if (io->make_folder(io, self->root.fd, name, 0777) != 0 && errno != EEXIST)
        return store_fail_errno(error, errno, self->root.path, name, "make this folder");
    return store_open_below(&self->root, name, place, error);
}

static gboolean open_reserve(StoreShows *self, GError **error)
{
    struct stat status;
    self->reserve = store_open_file(&self->root, RESERVE_NAME, O_RDWR | O_CREAT, &status, error);
    if (self->reserve < 0)
        return FALSE;
    self->reserve_bytes = status.st_size;
    store_shows_has_room(self); /* fills it */
    return TRUE;
}

StoreShows *store_shows_open(const StoreShowsOptions *options, GError **error)
{
    g_autoptr(StoreShows) self = g_new0(StoreShows, 1);
    self->root.fd = self->sessions.fd = self->trash.fd = self->lock = self->reserve = -1;
    self->reserve_wanted = options->reserve_bytes;
    self->low_bytes = options->low_bytes;
    if (!open_root(self, options, error) || !take_lock(self, error) ||
        !open_part(self, "sessions", &self->sessions, error) ||
        !open_part(self, "trash", &self->trash, error) || !open_reserve(self, error) ||
        !store_sync_place(&self->root, error))
        return NULL;
    g_autofree char *parent = g_path_get_dirname(self->root.path);
    StorePlace above = {.fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                        .path = parent,
                        .io = self->root.io};
    gboolean good = above.fd < 0 || store_sync_place(&above, error); /* not ours to read, perhaps */
    if (above.fd >= 0)
        close(above.fd);
    return good ? g_steal_pointer(&self) : NULL;
}

void store_shows_close(StoreShows *self)
{
    if (self == NULL)
        return;
    store_place_clear(&self->sessions);
    store_place_clear(&self->trash);
    store_place_clear(&self->root);
    if (self->reserve >= 0)
        close(self->reserve);
    if (self->lock >= 0)
        close(self->lock);
    g_free(self);
}

/* The room */

static gint64 free_bytes(const StoreShows *self)
{
    struct statvfs space;
    if (self->root.io->free_space(self->root.io, self->root.fd, &space) != 0)
        return 0;
    return (gint64)MIN((guint64)space.f_bavail * space.f_frsize, (guint64)G_MAXINT64);
}

static void fill_reserve(StoreShows *self, gint64 free)
{
    const StoreIo *io = self->root.io;
    gint64 missing = self->reserve_wanted - self->reserve_bytes;
    if (missing <= 0 || free - missing < self->low_bytes)
        return;
    if (io->allocate(io, self->reserve, self->reserve_wanted) == 0)
        self->reserve_bytes = self->reserve_wanted;
    else if (io->truncate(io, self->reserve, self->reserve_bytes) != 0)
        g_warning("%s/" RESERVE_NAME " cannot be filled or cut: %s", self->root.path,
                  g_strerror(errno));
}

gboolean store_shows_has_room(StoreShows *self)
{
    fill_reserve(self, free_bytes(self));
    gint64 wanted = self->low_bytes + (self->is_short ? self->low_bytes / 10 : 0);
    self->is_short = self->reserve_bytes < self->reserve_wanted || free_bytes(self) < wanted;
    return !self->is_short;
}

/* A sixteenth at a time: a log needs little, and what is given up others can take too. */
gboolean store_shows_make_room(gpointer shows)
{
    StoreShows *self = shows;
    const StoreIo *io = self->root.io;
    gint64 left = MAX(self->reserve_bytes - MAX(self->reserve_wanted / 16, 1 << 20), 0);
    self->is_short = TRUE;
    if (self->reserve_bytes == 0 || io->truncate(io, self->reserve, left) != 0)
        return FALSE;
    self->reserve_bytes = left;
    return TRUE;
}

gint64 store_shows_reserve_bytes(const StoreShows *shows)
{
    return shows->reserve_bytes;
}

/* Shows */

static gboolean check_id(const StoreShows *self, const char *id, GError **error)
{
    if (store_id_is_valid(id))
        return TRUE;
    g_autofree char *shown = g_strescape(id != NULL ? id : "", NULL);
    g_set_error(error, STORE_ERROR, STORE_ERROR_NAME,
                "%s: cannot look for a show: \"%.64s\" is no id", self->sessions.path, shown);
    return FALSE;
}

StoreShow *store_shows_find(StoreShows *self, const char *id, GError **error)
{
    StorePlace place;
    if (!check_id(self, id, error) || !store_open_below(&self->sessions, id, &place, error))
        return NULL;
    StoreShow *show = g_new0(StoreShow, 1);
    show->id = g_strdup(id);
    show->place = place;
    return show;
}

StoreShow *store_shows_create(StoreShows *self, GError **error)
{
    const StoreIo *io = self->sessions.io;
    g_autofree char *id = g_uuid_string_random();
    if (io->make_folder(io, self->sessions.fd, id, 0777) != 0) {
        store_fail_errno(error, errno, self->sessions.path, id, "make this folder");
        return NULL;
    }
    StoreShow *show = NULL;
    if (store_sync_place(&self->sessions, error) &&
        (show = store_shows_find(self, id, error)) != NULL)
        return show;
    io->remove_at(io, self->sessions.fd, id, AT_REMOVEDIR); /* nothing is in it */
    return NULL;
}

const char *store_show_id(const StoreShow *show)
{
    return show->id;
}

const StorePlace *store_show_place(const StoreShow *show)
{
    return &show->place;
}

int store_show_open_file(const StoreShow *show, const char *name, struct stat *status,
                         GError **error)
{
    if (show_file_name_is_valid(name))
        return store_open_file(&show->place, name, O_RDONLY, status, error);
    g_set_error(error, STORE_ERROR, STORE_ERROR_NAME, "%s: cannot open a file: this is no name",
                show->place.path);
    return -1;
}

gboolean store_show_write_whole(const StoreShow *show, const char *name, const char *text,
                                gsize length, GError **error)
{
    g_autofree char *path = g_build_filename(show->place.path, name, NULL);
    return store_write_whole(path, text, length, error);
}

static gboolean is_folder(const StorePlace *place, const char *name)
{
    struct stat status;
    return fstatat(place->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

GPtrArray *store_show_names(const StoreShow *show, GError **error)
{
    return store_list_place(&show->place, error);
}

static StoreShow *open_in_show(const StoreShow *show, const StorePlace *above, const char *name,
                               GError **error)
{
    StorePlace place;
    if (!store_open_below(above, name, &place, error))
        return NULL;
    StoreShow *folder = g_new0(StoreShow, 1);
    folder->id = g_strdup(show->id);
    folder->place = place;
    return folder;
}

GPtrArray *store_show_cuts(const StoreShow *show, GError **error)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(StoreShow) cuts = open_in_show(show, &show->place, CUTS_NAME, &missing);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    if (g_error_matches(missing, STORE_ERROR, STORE_ERROR_GONE))
        return g_steal_pointer(&found);
    if (missing != NULL) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return NULL;
    }
    g_autoptr(GPtrArray) names = store_list_place(&cuts->place, error);
    if (names == NULL)
        return NULL;
    for (guint i = 0; i < names->len; i++)
        if (show_id_is_valid(names->pdata[i]) && is_folder(&cuts->place, names->pdata[i]))
            g_ptr_array_add(found, g_strdup(names->pdata[i]));
    return g_steal_pointer(&found);
}

StoreShow *store_show_open_cut(const StoreShow *show, const char *name, GError **error)
{
    if (!show_id_is_valid(name)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_NAME, "%s: cannot open a cut: this is no name",
                    show->place.path);
        return NULL;
    }
    g_autoptr(StoreShow) cuts = open_in_show(show, &show->place, CUTS_NAME, error);
    return cuts != NULL ? open_in_show(show, &cuts->place, name, error) : NULL;
}

gboolean store_show_remove_cut(const StoreShow *show, const char *name, GError **error)
{
    g_autoptr(StoreShow) cut = store_show_open_cut(show, name, error);
    g_autoptr(StoreShow) cuts =
        cut != NULL ? open_in_show(show, &show->place, CUTS_NAME, error) : NULL;
    if (cuts == NULL)
        return FALSE;
    const StoreIo *io = cuts->place.io;
    if (io->remove_at(io, cut->place.fd, STORE_MANIFEST, 0) != 0 && errno != ENOENT)
        return store_fail_errno(error, errno, cut->place.path, STORE_MANIFEST, "delete it");
    return store_sync_place(&cut->place, error) && store_remove_tree(&cuts->place, name, error) &&
           store_sync_place(&cuts->place, error);
}

void store_show_close(StoreShow *show)
{
    if (show == NULL)
        return;
    store_place_clear(&show->place);
    g_free(show->id);
    g_free(show);
}

GPtrArray *store_shows_list(StoreShows *self, GError **error)
{
    g_autoptr(GPtrArray) names = store_list_place(&self->sessions, error);
    if (names == NULL)
        return NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++)
        if (store_id_is_valid(names->pdata[i]) && is_folder(&self->sessions, names->pdata[i]))
            g_ptr_array_add(ids, g_strdup(names->pdata[i]));
    return g_steal_pointer(&ids);
}

/* The trash */

static gboolean move(const StorePlace *from, const char *name, const StorePlace *to,
                     const char *new_name, GError **error)
{
    const StoreIo *io = from->io;
    if (io->rename_at(io, from->fd, name, to->fd, new_name) != 0)
        return store_fail_errno(error, errno, from->path, name, "move this folder");
    /* Where it went first: better in both places than in neither. */
    return store_sync_place(to, error) && store_sync_place(from, error);
}

/* "<uuid>.<time>"; FALSE when it is anything else. */
static gboolean parse_trash(const char *name, char id[37], gint64 *time_s)
{
    if (strlen(name) < 38 || name[36] != '.' || !g_ascii_isdigit(name[37]))
        return FALSE;
    memcpy(id, name, 36);
    id[36] = '\0';
    return store_id_is_valid(id) &&
           g_ascii_string_to_signed(name + 37, 10, 0, G_MAXINT64, time_s, NULL);
}

gboolean store_shows_trash(StoreShows *self, const char *id, gint64 now_s, GError **error)
{
    if (!check_id(self, id, error))
        return FALSE;
    g_autofree char *name = g_strdup_printf("%s.%" G_GINT64_FORMAT, id, MAX(now_s, 0));
    return move(&self->sessions, id, &self->trash, name, error);
}

gboolean store_shows_restore(StoreShows *self, const char *id, GError **error)
{
    if (!check_id(self, id, error))
        return FALSE;
    g_autoptr(GPtrArray) names = store_list_place(&self->trash, error);
    const char *found = NULL;
    gint64 latest = -1;
    for (guint i = 0; names != NULL && i < names->len; i++) {
        char other[37];
        gint64 time_s;
        if (!parse_trash(names->pdata[i], other, &time_s) || strcmp(other, id) != 0 ||
            time_s <= latest)
            continue;
        found = names->pdata[i];
        latest = time_s;
    }
    if (found != NULL)
        return move(&self->trash, found, &self->sessions, id, error);
    if (names != NULL)
        store_fail_errno(error, ENOENT, self->trash.path, id, "take this show back");
    return FALSE;
}

/* Keeps the first of several errors. */
static void note_error(GError **error, GError *problem)
{
    if (problem != NULL && error != NULL && *error == NULL)
        *error = problem;
    else
        g_clear_error(&problem);
}

gboolean store_shows_empty_trash(StoreShows *self, gint64 now_s, gint64 grace_s, guint *deleted,
                                 GError **error)
{
    g_autoptr(GPtrArray) names = store_list_place(&self->trash, error);
    gboolean good = names != NULL;
    guint count = 0;
    for (guint i = 0; names != NULL && i < names->len; i++) {
        char id[37];
        gint64 time_s;
        GError *problem = NULL;
        if (!parse_trash(names->pdata[i], id, &time_s) || now_s - time_s < grace_s)
            continue;
        if (store_remove_tree(&self->trash, names->pdata[i], &problem))
            count++;
        good = good && problem == NULL;
        note_error(error, problem);
    }
    if (deleted != NULL)
        *deleted = count;
    return count == 0 || !good ? good : store_sync_place(&self->trash, error);
}
