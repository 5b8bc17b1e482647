/* The storage: one folder that one server owns, with the shows in it.
 *
 *   storage/lock              held while a server runs; says whose
 *   storage/reserve           room that only logs may use
 *   storage/sessions/<uuid>/  the shows
 *   storage/trash/<uuid>.<time>/  shows that were deleted, until their grace has passed
 *
 * Threads: one at a time. These functions wait for the disk (a few syncs of folders each; emptying
 * the trash and sweeping as long as it takes), so they are for start and workers, but for
 * store_shows_has_room() and store_shows_make_room().
 * Times: seconds since 1970, UTC, given by the caller. Sizes: bytes. */
#pragma once
#include <show/manifest.h>
#include <store/io.h>

typedef struct StoreShows StoreShows;

typedef struct StoreShowsOptions {
    const char *path;     /* made where missing, its parents too */
    gint64 reserve_bytes; /* for logs on a full disk; 0: none */
    gint64 low_bytes;     /* with less than this free, uploads wait */
    const StoreIo *io;    /* NULL: the system. Lives as long as the storage is open */
} StoreShowsOptions;

/* STORE_ERROR_LOCKED when another server has it; the message names its process. A disk without room
 * for the reserve is no error: store_shows_has_room() then says no. */
StoreShows *store_shows_open(const StoreShowsOptions *options,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void store_shows_close(StoreShows *shows); /* after its shows. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreShows, store_shows_close)

/* One show's folder, open. It stays the same folder, wherever it is moved. */
typedef struct StoreShow StoreShow;

/* Makes an empty folder under a new id; it is on disk. */
StoreShow *store_shows_create(StoreShows *shows, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* STORE_ERROR_NAME: no id; STORE_ERROR_GONE: no such show. Links are not followed. */
StoreShow *store_shows_find(StoreShows *shows, const char *id,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *store_show_id(const StoreShow *show);          /* borrowed, as the place is */
const StorePlace *store_show_place(const StoreShow *show); /* for journals and uploads */
/* A descriptor of a file in its folder, for reading; never through a link, plain files only.
 * STORE_ERROR_NAME, STORE_ERROR_GONE. Does not wait for the disk but for the folder's entry. */
int store_show_open_file(const StoreShow *show, const char *name, struct stat *status,
                         GError **error);
/* A whole file in its place (store/whole.h). Waits for the disk. */
gboolean store_show_write_whole(const StoreShow *show, const char *name, const char *text,
                                gsize length, GError **error);
void store_show_close(StoreShow *show); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreShow, store_show_close)
/* Names of its files and folders, sorted, whatever they are. char * with free function. */
GPtrArray *store_show_names(const StoreShow *show, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Other cuts of the show, cuts/NAME: their names, sorted, none when there is none, and the folder of
 * one, which has the show's id. STORE_ERROR_NAME, STORE_ERROR_GONE. */
GPtrArray *store_show_cuts(const StoreShow *show, GError **error) G_GNUC_WARN_UNUSED_RESULT;
StoreShow *store_show_open_cut(const StoreShow *show, const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Deletes a cut with all of its files; what its show has, it only named. Its manifest goes first, so that
 * one that was half deleted is none. The same errors. */
gboolean store_show_remove_cut(const StoreShow *show, const char *name, GError **error);

/* Ids of all shows, sorted, also of those without a manifest yet. char * with free function. */
GPtrArray *store_shows_list(StoreShows *shows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Moves a show to the trash. Who has it open can go on; the caller ends that before. */
gboolean store_shows_trash(StoreShows *shows, const char *id, gint64 now_s, GError **error);
/* Takes the show that was trashed last under this id back. */
gboolean store_shows_restore(StoreShows *shows, const char *id, GError **error);
/* Deletes what has been in the trash for `grace_s` or longer. What cannot be deleted stays for the
 * next time; the first such error is given, and FALSE. `deleted` (may be NULL): how many shows. */
gboolean store_shows_empty_trash(StoreShows *shows, gint64 now_s, gint64 grace_s, guint *deleted,
                                 GError **error);

/* Recordings of a kind (as in the manifest: "iso", "program", …) go when their show began longer
 * ago than this; kind "show": the whole show goes to the trash. */
typedef struct StoreRule {
    const char *kind;
    gint64 age_s;
} StoreRule;

typedef struct StoreSwept {
    guint files, shows;
    gint64 bytes;
} StoreSwept;

/* Another place that keeps files. Where there is one, a recording is deleted here only when it `has` it,
 * and its entry stays in the manifest and says "at": `name`. */
typedef struct StoreElsewhere {
    const char *name; /* "mirror" */
    gboolean (*has)(const char *id, const ShowFile *file, gpointer data);
    gpointer data;
} StoreElsewhere;

/* Applies the rules to every show that is complete; where several name a kind, the longest age holds. The
 * log never goes but with its show. Only files that a manifest names and that lie in the show's folder
 * are deleted, with their ".index"; first the file, then its entry, so a sweep that was cut short is made
 * good by the next one. A show that cannot be read is left as it is. The first error is given, and FALSE;
 * the other shows are swept all the same. `swept` may be NULL. */
gboolean store_shows_sweep(StoreShows *shows, const StoreRule *rules, gsize count, gint64 now_s,
                           const StoreElsewhere *elsewhere /* NULL: none */, StoreSwept *swept,
                           GError **error);

/* Looks at the disk and fills the reserve again when there is room. FALSE: uploads should wait. Says
 * TRUE again only when a tenth more than low_bytes is free, so that it does not flutter. */
gboolean store_shows_has_room(StoreShows *shows);
/* Gives up a piece of the reserve, so that a log can go on. FALSE: it is used up. `shows` is a
 * StoreShows; the type is that of StoreJournalOptions.make_room. */
gboolean store_shows_make_room(gpointer shows);
gint64 store_shows_reserve_bytes(const StoreShows *shows); /* what is left of it */
