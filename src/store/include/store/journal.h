/* events.log of a running show: one event a line, appended, on disk before it is answered.
 *
 * append() writes the line at once (it survives the end of the process); a worker then has it
 * synced (it survives a power cut) and the callback says so. Lines that come while a sync is under
 * way share the next one. A line whose callback has said yes is in the log after any crash, once.
 *
 * Threads: all functions and callbacks on the thread whose context the workers were given.
 * Sizes and offsets: bytes. */
#pragma once
#include <show/event.h>
#include <store/io.h>
#include <store/workers.h>

#define STORE_JOURNAL "events.log"

typedef struct StoreJournal StoreJournal;

/* One event that the log holds, in order. `event` is borrowed for the call. FALSE with `error` set
 * ends the reading. */
typedef gboolean (*StoreJournalEvent)(const ShowEvent *event, gpointer data, GError **error);

/* What was found at the end of a log. */
typedef struct StoreJournalEnd {
    gint64 good_bytes;      /* whole lines; a last one without its newline too if it is an event */
    gint64 torn_bytes;      /* what follows them: written by half when power or process went */
    gboolean lacks_newline; /* the last good line has none */
    guint64 lines;
} StoreJournalEnd;

/* Reads a log without changing anything. Torn is what cannot have been answered yet: a last line
 * without newline that is no event, and everything from a line on that holds NUL bytes (a block
 * that was never written; sync covers what lies before it too). Any other bad line is an error that
 * names it (SHOW_ERROR_INVALID, SHOW_ERROR_TOO_LARGE). `name` stands in errors. */
gboolean store_journal_read(const char *name, const char *text, gsize length,
                            StoreJournalEvent each, gpointer data, StoreJournalEnd *end,
                            GError **error);

typedef struct StoreJournalOptions {
    StorePlace place;      /* the show's folder; open and unmoved while the journal is */
    StoreWorkers *workers; /* outlive the journal */
    StoreJournalEvent each; /* may be NULL */
    gpointer data;          /* of each */
    /* Asked once when the disk is full, before that is an error: gives up a piece of a reserve.
     * FALSE: there is none. May be NULL. */
    gboolean (*make_room)(gpointer data);
    gpointer room_data;
    /* After each sync: how long the disk took for it. For metrics; may be NULL. */
    void (*synced)(gint64 us, gpointer data);
    gpointer synced_data;
} StoreJournalOptions;

/* Opens the log of a show, created where missing (then file and folder are synced). What is there goes to
 * each(); what is torn is cut off; the rest is synced. Blocks: for opening a show, before it runs. When
 * the log cannot be read nothing is cut. STORE_ERROR_LOCKED when it is open already. `end` says what was
 * found, and may be NULL. */
StoreJournal *store_journal_open(const StoreJournalOptions *options, StoreJournalEnd *end,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `error` NULL: the line is on disk. Otherwise it is not in the log and may be appended again.
 * Borrowed for the call. Callbacks come in the order of append(), never from within it, and may
 * append or close. */
typedef void (*StoreJournalDone)(const GError *error, gpointer data);

/* Appends one line (`text` without newline: JSON, at most SHOW_LINE_BYTES_MAX, checked for nothing else
 * than a newline within). FALSE: it was not written, `done` is not called, the log is as before:
 * STORE_ERROR_FULL, STORE_ERROR_TOO_LARGE, STORE_ERROR_CLOSED, STORE_ERROR_FAILED. `done` may be NULL. */
gboolean store_journal_append(StoreJournal *journal, const char *text, gsize length,
                              StoreJournalDone done, gpointer data, GError **error);

gint64 store_journal_bytes(const StoreJournal *journal);        /* written */
gint64 store_journal_synced_bytes(const StoreJournal *journal); /* known to be on disk */
guint64 store_journal_syncs(const StoreJournal *journal);       /* made since open(), for metrics */

/* Ends it. Lines not yet known to be on disk are synced here, which blocks, and their callbacks
 * called; without such lines it does not touch the disk. NULL-safe. */
void store_journal_close(StoreJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreJournal, store_journal_close)
