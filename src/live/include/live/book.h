/* What the studio keeps of destinations, in server.db: those that were saved, by name, and those that
 * shows are on air to now, so that a server that was killed goes on with them. Addresses and keys are
 * sealed (live/sealed.h); what may be shown of an address stands beside.
 * Threads: one at a time; all of it waits for the disk. */
#pragma once
#include <live/sealed.h>
#include <live/target.h>

typedef struct LiveBook LiveBook;

/* The database is made where it is missing; its other tables are not touched. */
LiveBook *live_book_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void live_book_close(LiveBook *book); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveBook, live_book_close)

/* ---- saved destinations ---- */

typedef struct LiveSaved {
    char *name, *address; /* as live_target_address() */
    gboolean has_key;     /* apart from the address */
} LiveSaved;
void live_saved_free(gpointer saved);

/* By name. LiveSaved *, with free function. */
GPtrArray *live_book_list(LiveBook *book, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* New, or instead of the one of that name; `is_new` (may be NULL) says which. */
gboolean live_book_save(LiveBook *book, const LiveSecret *secret, const LiveTarget *target,
                        gboolean *is_new, GError **error);
/* LIVE_ERROR_GONE: none of this name. */
gboolean live_book_remove(LiveBook *book, const char *name, GError **error);
/* LIVE_ERROR_GONE; LIVE_ERROR_SEALED; or what live_target_new() says today. */
LiveTarget *live_book_find(LiveBook *book, const LiveSecret *secret, const char *name,
                           gboolean allow_private, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- shows on air ---- */

typedef struct LiveRun {
    char *session;
    guint delay_ms;
    char *name;
    LiveTarget *target; /* NULL: it cannot be unsealed, or is not allowed any more */
    char *why;          /* then */
} LiveRun;
void live_run_free(gpointer run);

gboolean live_book_begin(LiveBook *book, const LiveSecret *secret, const char *session,
                         guint delay_ms, const LiveTarget *target, GError **error);
gboolean live_book_end(LiveBook *book, const char *session, GError **error);
/* That destination alone. */
gboolean live_book_end_one(LiveBook *book, const char *session, const char *name, GError **error);
/* Whether there is any: then a secret is needed. -1: an error. */
int live_book_count_runs(LiveBook *book, GError **error);
/* LiveRun *, by session, in the order in which they began; with free function. */
GPtrArray *live_book_runs(LiveBook *book, const LiveSecret *secret, gboolean allow_private,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
