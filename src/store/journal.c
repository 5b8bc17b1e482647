/* The log of a running show.
 *
 * What always holds, on the owner's thread: synced ≤ end; `pending` holds exactly the lines between
 * the two, in order, those of the sync under way first; bytes behind `end` are nobody's, and while
 * there may be any, is_ragged is set and nothing is written before they are cut off.
 *
 * When a sync fails the kernel may have dropped what it could not write and call the file clean, so
 * no later sync can answer for those lines: all of them are cut off and given back as errors. */
#include <store/journal.h>

#include <store/error.h>

#include <show/error.h>
#include <show/limits.h>

#include "disk-private.h"
#include "journal-scan-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 1 << 18,
    SMALL_BYTES = 1024,
    /* When so many lines shared a sync, the next one begins so long after it at the earliest: a crowd
     * waits a little, and the disk is not kept busy by one log (a sixth of what an event cost). */
    CROWD_LINES = 8,
    CROWD_MS = 20,
};

typedef struct Line {
    gint64 end;
    GError *error; /* once it is settled: why it is not in the log, or NULL */
    StoreJournalDone done;
    gpointer data;
} Line;

struct StoreJournal {
    StorePlace place;
    char *path; /* of the folder, for messages after the owner's is gone */
    int fd;
    StoreWorkers *workers;
    gboolean (*make_room)(gpointer data);
    gpointer room_data;
    void (*tell_synced)(gint64 us, gpointer data);
    gpointer tell_data;
    gint64 end, synced;
    gboolean is_ragged;
    GQueue pending; /* Line * */
    GQueue settled; /* Line *, whose callbacks are due */
    guint64 syncs;
    gboolean is_crowded;  /* many lines shared the last sync */
    gint64 sync_began_us; /* of the last one */
    GSource *later;       /* begins the next one; NULL: nothing to wait for */
    gboolean is_closed;
    guint refs; /* the owner's, a sync's, a running callback's; owner's thread only */
    gboolean is_syncing;
    GMutex lock; /* of what follows, which the worker reads and answers */
    GCond synced_now;
    gint64 written_end; /* as `end` */
    gint64 sync_end;    /* what the sync under way answers for: all that was there as it began */
    gboolean has_synced;
    int sync_errno;
    gint64 sync_us; /* how long the disk took */
};

static void unref_journal(StoreJournal *self)
{
    if (--self->refs > 0)
        return;
    g_assert(g_queue_is_empty(&self->pending) && g_queue_is_empty(&self->settled));
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->synced_now);
    g_free(self->path);
    g_free(self);
}

/* Opening */

static gboolean scan_file(int fd, const StorePlace *place, StoreScan *scan, GError **error)
{
    g_autofree char *block = g_malloc(BLOCK_BYTES);
    ssize_t got;
    while ((got = place->io->read_at(place->io, fd, block, BLOCK_BYTES, scan->total_bytes)) > 0)
        if (!store_scan_feed(scan, block, (gsize)got, error))
            return FALSE;
    if (got < 0)
        return store_fail_errno(error, errno, place->path, STORE_JOURNAL, "read it");
    return store_scan_finish(scan, error);
}

static gboolean read_file(int fd, const StoreJournalOptions *options, const StorePlace *place,
                          StoreJournalEnd *end, GError **error)
{
    StoreScan scan;
    g_autofree char *name = g_build_filename(place->path, STORE_JOURNAL, NULL);
    store_scan_init(&scan, name, options->each, options->data);
    gboolean good = scan_file(fd, place, &scan, error);
    *end = scan.end;
    store_scan_clear(&scan);
    return good;
}

/* Cuts off what is torn, ends the last line and has all of it on disk. */
static gboolean mend_file(int fd, const StorePlace *place, const StoreJournalEnd *end,
                          GError **error)
{
    const StoreIo *io = place->io;
    if (end->torn_bytes > 0 && io->truncate(io, fd, end->good_bytes) != 0)
        return store_fail_errno(error, errno, place->path, STORE_JOURNAL,
                                "cut off its torn last line");
    if (end->lacks_newline && !store_write_at(io, fd, "\n", 1, end->good_bytes))
        return store_fail_errno(error, errno, place->path, STORE_JOURNAL, "end its last line");
    if (io->sync(io, fd) != 0)
        return store_fail_errno(error, errno, place->path, STORE_JOURNAL, "sync it to disk");
    return store_sync_place(place, error);
}

static gboolean lock_file(int fd, const StorePlace *place, GError **error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno != EWOULDBLOCK)
        return store_fail_errno(error, errno, place->path, STORE_JOURNAL, "lock it");
    g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED,
                "%s/" STORE_JOURNAL ": cannot open it: the show is running already", place->path);
    return FALSE;
}

static int open_file(const StoreJournalOptions *options, const StorePlace *place,
                     StoreJournalEnd *end, GError **error)
{
    int fd = store_open_file(place, STORE_JOURNAL, O_RDWR | O_CREAT, NULL, error);
    if (fd < 0)
        return -1;
    if (lock_file(fd, place, error) && read_file(fd, options, place, end, error) &&
        mend_file(fd, place, end, error))
        return fd;
    close(fd);
    return -1;
}

StoreJournal *store_journal_open(const StoreJournalOptions *options, StoreJournalEnd *end,
                                 GError **error)
{
    StorePlace place = store_place_whole(&options->place);
    StoreJournalEnd found = {0};
    int fd = open_file(options, &place, &found, error);
    if (fd < 0)
        return NULL;
    StoreJournal *self = g_new0(StoreJournal, 1);
    self->path = g_strdup(place.path);
    self->place = place;
    self->place.path = self->path;
    self->fd = fd;
    self->workers = options->workers;
    self->make_room = options->make_room;
    self->room_data = options->room_data;
    self->tell_synced = options->synced;
    self->tell_data = options->synced_data;
    self->end = self->synced = found.good_bytes + found.lacks_newline;
    self->refs = 1;
    self->written_end = self->end;
    g_mutex_init(&self->lock);
    g_cond_init(&self->synced_now);
    if (end != NULL)
        *end = found;
    return self;
}

/* Syncing */

static void run_sync(gpointer data)
{
    StoreJournal *self = data;
    const StoreIo *io = self->place.io;
    g_mutex_lock(&self->lock);
    gint64 end = self->written_end;
    g_mutex_unlock(&self->lock);
    gint64 began_us = g_get_monotonic_time();
    int code = io->sync_data(io, self->fd) == 0 ? 0 : errno;
    g_mutex_lock(&self->lock);
    self->sync_us = g_get_monotonic_time() - began_us;
    self->sync_end = end;
    self->sync_errno = code;
    self->has_synced = TRUE;
    g_cond_signal(&self->synced_now);
    g_mutex_unlock(&self->lock);
}

/* Blocks until the worker is through. Returns errno, and up to where that counts. */
static int wait_for_sync(StoreJournal *self, gint64 *end)
{
    g_mutex_lock(&self->lock);
    while (!self->has_synced)
        g_cond_wait(&self->synced_now, &self->lock);
    int code = self->sync_errno;
    *end = self->sync_end;
    g_mutex_unlock(&self->lock);
    return code;
}

static void move_end(StoreJournal *self, gint64 end)
{
    self->end = end;
    g_mutex_lock(&self->lock);
    self->written_end = end;
    g_mutex_unlock(&self->lock);
}

/* The pending lines up to `end` have their answer. */
static void settle_lines(StoreJournal *self, gint64 end, const GError *error)
{
    const Line *head;
    guint before = self->pending.length;
    while ((head = g_queue_peek_head(&self->pending)) != NULL && head->end <= end) {
        Line *line = g_queue_pop_head(&self->pending);
        line->error = error != NULL ? g_error_copy(error) : NULL;
        g_queue_push_tail(&self->settled, line);
    }
    self->is_crowded = before - self->pending.length >= CROWD_LINES;
}

/* One queue for all, so that the order holds even when a callback closes the journal. */
static void answer_lines(StoreJournal *self)
{
    Line *line;
    while ((line = g_queue_pop_head(&self->settled)) != NULL) {
        if (line->done != NULL)
            line->done(line->error, line->data);
        g_clear_error(&line->error);
        g_free(line);
    }
}

static gboolean cut_to_end(StoreJournal *self)
{
    self->is_ragged = self->place.io->truncate(self->place.io, self->fd, self->end) != 0;
    return !self->is_ragged;
}

/* A sync has ended: its lines are on disk, or every line since the last good sync is gone. */
static void settle(StoreJournal *self, gint64 end, int code)
{
    g_autoptr(GError) error = NULL;
    self->syncs++;
    if (code == 0) {
        self->synced = end;
        settle_lines(self, end, NULL);
    } else {
        store_fail_errno(&error, code, self->path, STORE_JOURNAL, "sync its last lines to disk");
        settle_lines(self, self->end, error);
        move_end(self, self->synced);
        cut_to_end(self);
    }
}

static void end_sync(gpointer data);

static void start_sync(StoreJournal *self);

static void end_wait(StoreJournal *self)
{
    if (self->later != NULL)
        g_source_destroy(self->later);
    g_clear_pointer(&self->later, g_source_unref);
}

static gboolean start_later(gpointer data)
{
    StoreJournal *self = data;
    end_wait(self);
    start_sync(self);
    return G_SOURCE_REMOVE;
}

/* Whether the crowd behind the last sync has still to wait. */
static gboolean waits(StoreJournal *self, gint64 now_us)
{
    gint64 left_us = self->sync_began_us + CROWD_MS * 1000 - now_us;
    if (self->later != NULL)
        return TRUE;
    if (!self->is_crowded || left_us <= 0)
        return FALSE;
    self->later = g_timeout_source_new((guint)(left_us / 1000 + 1));
    g_source_set_callback(self->later, start_later, self, NULL);
    g_source_attach(self->later, store_workers_context(self->workers));
    return TRUE;
}

static void start_sync(StoreJournal *self)
{
    if (self->is_syncing || self->is_closed || g_queue_is_empty(&self->pending))
        return;
    gint64 now_us = g_get_monotonic_time();
    if (waits(self, now_us))
        return;
    self->sync_began_us = now_us;
    self->is_syncing = TRUE;
    self->has_synced = FALSE;
    self->refs++;
    store_workers_push(self->workers, run_sync, end_sync, self);
}

static void end_sync(gpointer data)
{
    StoreJournal *self = data;
    self->is_syncing = FALSE;
    if (!self->is_closed) {
        gint64 end;
        int code = wait_for_sync(self, &end);
        if (self->tell_synced != NULL)
            self->tell_synced(self->sync_us, self->tell_data);
        settle(self, end, code);
        start_sync(self);
        answer_lines(self);
    }
    unref_journal(self);
}

/* Appending */

static gboolean check_line(const StoreJournal *self, const char *text, gsize length, GError **error)
{
    const char *problem = NULL;
    int code = STORE_ERROR_FAILED;
    if (self->is_closed) {
        problem = "the show has ended";
        code = STORE_ERROR_CLOSED;
    } else if (length > SHOW_LINE_BYTES_MAX) {
        problem = "the line is too long";
        code = STORE_ERROR_TOO_LARGE;
    } else if (self->end + (gint64)length + 1 > SHOW_LOG_BYTES_MAX) {
        problem = "the log is as long as a log may be";
        code = STORE_ERROR_TOO_LARGE;
    } else if (length == 0 || memchr(text, '\n', length) != NULL ||
               memchr(text, '\0', length) != NULL) {
        problem = "expected one line";
    }
    if (problem == NULL)
        return TRUE;
    g_set_error(error, STORE_ERROR, code, "%s/" STORE_JOURNAL ": cannot append to it: %s",
                self->path, problem);
    return FALSE;
}

/* Writes behind the last good line; on an error there is nothing behind it again. */
static gboolean try_write(StoreJournal *self, const char *line, gsize length)
{
    if (self->is_ragged && !cut_to_end(self))
        return FALSE;
    if (store_write_at(self->place.io, self->fd, line, length, self->end))
        return TRUE;
    int code = errno;
    cut_to_end(self);
    errno = code;
    return FALSE;
}

/* `text` without its end. Most lines are short: those need no memory of their own. */
static gboolean write_line(StoreJournal *self, const char *text, gsize length)
{
    char small[SMALL_BYTES];
    g_autofree char *large = length < sizeof small ? NULL : g_malloc(length + 1);
    char *line = large != NULL ? large : small;
    memcpy(line, text, length);
    line[length++] = '\n';
    if (try_write(self, line, length))
        return TRUE;
    if ((errno != ENOSPC && errno != EDQUOT) || self->make_room == NULL)
        return FALSE;
    if (!self->make_room(self->room_data)) {
        errno = ENOSPC;
        return FALSE;
    }
    return try_write(self, line, length);
}

gboolean store_journal_append(StoreJournal *self, const char *text, gsize length,
                              StoreJournalDone done, gpointer data, GError **error)
{
    if (!check_line(self, text, length, error))
        return FALSE;
    if (!write_line(self, text, length))
        return store_fail_errno(error, errno, self->path, STORE_JOURNAL, "append to it");
    move_end(self, self->end + (gint64)length + 1);
    Line *entry = g_new0(Line, 1);
    *entry = (Line){.end = self->end, .done = done, .data = data};
    g_queue_push_tail(&self->pending, entry);
    start_sync(self);
    return TRUE;
}

gint64 store_journal_bytes(const StoreJournal *journal)
{
    return journal->end;
}

gint64 store_journal_synced_bytes(const StoreJournal *journal)
{
    return journal->synced;
}

guint64 store_journal_syncs(const StoreJournal *journal)
{
    return journal->syncs;
}

/* The sync under way is waited for: an error that it was told is not told to a later one. */
static void sync_rest(StoreJournal *self)
{
    const StoreIo *io = self->place.io;
    if (self->is_syncing) {
        gint64 end;
        int code = wait_for_sync(self, &end);
        settle(self, end, code);
    }
    if (!g_queue_is_empty(&self->pending))
        settle(self, self->end, io->sync_data(io, self->fd) == 0 ? 0 : errno);
}

void store_journal_close(StoreJournal *self)
{
    if (self == NULL || self->is_closed)
        return;
    self->is_closed = TRUE;
    end_wait(self);
    sync_rest(self);
    close(self->fd); /* the worker is through with it */
    answer_lines(self);
    unref_journal(self);
}
