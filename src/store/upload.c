/* Uploads, on their owner's thread.
 *
 * What always holds: at most one batch of an upload is with a worker; `waiting` are the steps behind
 * it, in order; `end` is where the recording will end if all of them succeed. When a chunk fails,
 * the chunks behind it fail too, so that `end` is what is on disk again. */
#include <store/upload.h>

#include <store/error.h>
#include <store/names.h>

#include "disk-private.h"
#include "upload-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct StoreUploads {
    StoreWorkers *workers;
    StoreUploadLimits limits;
    StoreUploadsRoom room;
    gpointer room_data;
    gsize flight_bytes;
    gboolean is_waiting; /* for the disk to have room */
    gboolean has_refused;
    guint refs; /* the owner's and each upload's */
};

typedef enum {
    LIFE_OPEN = 1,
    LIFE_BROKEN, /* could not be opened */
    LIFE_FINISHING,
    LIFE_FINISHED,
    LIFE_REMOVED,
    LIFE_CLOSED,
} Life;

struct StoreUpload {
    StoreUploads *uploads;
    StoreQuota *quota;
    UploadOpen open;
    Life life;
    gint64 length; /* declared, or -1 */
    gint64 end;
    gboolean keeps_sum;
    GQueue waiting; /* UploadStep * */
    GQueue settled; /* UploadStep *, whose callbacks are due */
    guint refs;     /* the owner's, and a batch's */
    gboolean is_working;
    /* With the worker while is_working. */
    GQueue batch;
    gboolean is_through;
    UploadDisk disk;
    /* Copies of before, for the owner. */
    gint64 acknowledged;
    char *sha256;
};

/* What they share */

StoreUploads *store_uploads_new(StoreWorkers *workers, const StoreUploadLimits *limits,
                                StoreUploadsRoom room, gpointer data)
{
    g_assert(limits->chunk_bytes > 0 && limits->chunk_bytes <= limits->flight_bytes);
    StoreUploads *self = g_new0(StoreUploads, 1);
    self->workers = workers;
    self->limits = *limits;
    self->room = room;
    self->room_data = data;
    self->refs = 1;
    return self;
}

static void unref_uploads(StoreUploads *self)
{
    if (--self->refs == 0)
        g_free(self);
}

void store_uploads_free(StoreUploads *uploads)
{
    if (uploads == NULL)
        return;
    uploads->room = NULL;
    unref_uploads(uploads);
}

/* At half, so that a crowd that waits does not come for every chunk. */
static void tell_room(StoreUploads *self)
{
    if (!self->has_refused || self->is_waiting ||
        self->flight_bytes > self->limits.flight_bytes / 2)
        return;
    self->has_refused = FALSE;
    if (self->room != NULL)
        self->room(self->room_data);
}

void store_uploads_set_waiting(StoreUploads *uploads, gboolean is_waiting)
{
    uploads->is_waiting = is_waiting;
    tell_room(uploads);
}

gsize store_uploads_flight_bytes(const StoreUploads *uploads)
{
    return uploads->flight_bytes;
}

/* Steps */

static void unref_upload(StoreUpload *self)
{
    if (--self->refs > 0)
        return;
    close(self->open.fd);
    g_free(self->open.folder);
    g_free(self->open.name);
    g_free(self->sha256);
    unref_uploads(self->uploads);
    g_free(self);
}

/* A step has its answer; memory and quota are given back here and nowhere else. */
static void settle_step(StoreUpload *self, UploadStep *step)
{
    if (step->kind == UPLOAD_APPEND) {
        self->uploads->flight_bytes -= g_bytes_get_size(step->bytes);
        if (step->error != NULL && self->quota != NULL)
            self->quota->used_bytes -= step->fresh_bytes;
        g_clear_pointer(&step->bytes, g_bytes_unref);
    }
    g_queue_push_tail(&self->settled, step);
}

static void answer_steps(StoreUpload *self)
{
    UploadStep *step;
    while ((step = g_queue_pop_head(&self->settled)) != NULL) {
        if (step->done != NULL)
            step->done(step->error, step->data);
        g_clear_error(&step->error);
        g_free(step->sha256);
        g_free(step);
    }
    tell_room(self->uploads);
}

static void work(gpointer data)
{
    StoreUpload *self = data;
    self->is_through = store_upload_work(&self->open, &self->disk, &self->batch);
}

static void end_work(gpointer data);

/* Takes the first step, and with a chunk all chunks that follow it. */
static void take_batch(StoreUpload *self)
{
    UploadKind kind = ((const UploadStep *)g_queue_peek_head(&self->waiting))->kind;
    const UploadStep *next;
    do {
        g_queue_push_tail(&self->batch, g_queue_pop_head(&self->waiting));
        next = g_queue_peek_head(&self->waiting);
    } while (kind == UPLOAD_APPEND && next != NULL && next->kind == UPLOAD_APPEND);
}

static void start_work(StoreUpload *self)
{
    if (self->is_working || g_queue_is_empty(&self->waiting))
        return;
    take_batch(self);
    self->is_working = TRUE;
    self->refs++;
    store_workers_push(self->uploads->workers, work, end_work, self);
}

static void push_step(StoreUpload *self, UploadStep step)
{
    g_queue_push_tail(&self->waiting, g_memdup2(&step, sizeof step));
    start_work(self);
}

static const char *why_not(const StoreUpload *self, int *code)
{
    *code = STORE_ERROR_CLOSED;
    switch (self->life) {
    case LIFE_OPEN:
        return NULL;
    case LIFE_BROKEN:
        return "it could not be opened";
    case LIFE_FINISHING:
    case LIFE_FINISHED:
        *code = STORE_ERROR_FINISHED;
        return "it is finished";
    case LIFE_REMOVED:
        return "it is deleted";
    case LIFE_CLOSED:
        break;
    }
    return "it was closed";
}

static gboolean fail(const StoreUpload *self, GError **error, int code, const char *doing,
                     const char *why)
{
    g_set_error(error, STORE_ERROR, code, "%s/%s: cannot %s: %s", self->open.folder,
                self->open.name, doing, why);
    return FALSE;
}

/* The steps that wait (all, or the chunks up to the next step of another kind) are given up. */
static void give_up(StoreUpload *self, gboolean only_chunks, int code, const char *why)
{
    UploadStep *step;
    while ((step = g_queue_peek_head(&self->waiting)) != NULL &&
           (!only_chunks || step->kind == UPLOAD_APPEND)) {
        g_queue_pop_head(&self->waiting);
        fail(self, &step->error, code, "go on with it", why);
        settle_step(self, step);
    }
}

/* What a step that has ended means for the upload. */
static void apply_step(StoreUpload *self, const UploadStep *step)
{
    if (step->kind == UPLOAD_FINISH && self->life == LIFE_FINISHING)
        self->life = step->error == NULL ? LIFE_FINISHED : LIFE_OPEN;
    if (step->kind == UPLOAD_REMOVE && step->error == NULL && self->quota != NULL)
        self->quota->used_bytes -= self->disk.end;
    if (step->error == NULL)
        return;
    if (step->kind == UPLOAD_OPEN && self->life != LIFE_CLOSED) {
        self->life = LIFE_BROKEN;
        give_up(self, FALSE, STORE_ERROR_CLOSED, "it could not be opened");
    }
    if (step->kind == UPLOAD_APPEND)
        give_up(self, TRUE, STORE_ERROR_OFFSET, "a chunk before this one failed");
}

static void settle_batch(StoreUpload *self)
{
    UploadStep *step;
    gboolean failed = FALSE;
    while ((step = g_queue_pop_head(&self->batch)) != NULL) {
        failed = failed || step->error != NULL;
        settle_step(self, step);
        apply_step(self, step);
    }
    if (failed)
        self->end = self->disk.end;
    self->acknowledged = self->disk.end;
    g_free(self->sha256);
    self->sha256 = self->disk.hashed == self->disk.end ? store_upload_digest(&self->disk) : NULL;
}

static void end_work(gpointer data)
{
    StoreUpload *self = data;
    UploadStep *first = g_queue_peek_head(&self->batch);
    if (!self->is_through && self->life != LIFE_CLOSED) { /* behind what others have to do */
        store_workers_push(self->uploads->workers, work, end_work, self);
        return;
    }
    if (!self->is_through)
        fail(self, &first->error, STORE_ERROR_CLOSED, "read it to its end", "it was closed");
    self->is_working = FALSE;
    settle_batch(self);
    start_work(self);
    answer_steps(self);
    unref_upload(self);
}

/* Opening */

static int open_recording(const StorePlace *place, const char *name, struct stat *status,
                          GError **error)
{
    if (!store_recording_parse(name, NULL)) {
        g_autofree char *shown = g_strescape(name != NULL ? name : "", NULL);
        g_set_error(error, STORE_ERROR, STORE_ERROR_NAME,
                    "%s: cannot open a recording in it: \"%.64s\" is no recording's name",
                    place->path, shown);
        return -1;
    }
    gboolean sealed = fstatat(place->fd, name, status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISREG(status->st_mode) && (status->st_mode & S_IWUSR) == 0;
    int fd = store_open_file(place, name, sealed ? O_RDONLY : O_RDWR | O_CREAT, status, error);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED,
                "%s/%s: cannot open it: it is being written already", place->path, name);
    close(fd);
    return -1;
}

StoreUpload *store_upload_open(StoreUploads *uploads, const StoreUploadOptions *options,
                               StoreUploadDone done, gpointer data, GError **error)
{
    StorePlace place = store_place_whole(&options->place);
    struct stat status;
    int fd = open_recording(&place, options->name, &status, error);
    if (fd < 0)
        return NULL;
    StoreUpload *self = g_new0(StoreUpload, 1);
    self->uploads = uploads;
    uploads->refs++;
    self->quota = options->quota;
    self->open = (UploadOpen){
        .place = place, .folder = g_strdup(place.path), .name = g_strdup(options->name), .fd = fd};
    self->open.place.path = self->open.folder;
    self->life = (status.st_mode & S_IWUSR) != 0 ? LIFE_OPEN : LIFE_FINISHED;
    self->length = options->length_bytes;
    self->end = self->disk.end = status.st_size;
    sha256_init(&self->disk.hash);
    self->refs = 1;
    push_step(self, (UploadStep){.kind = UPLOAD_OPEN, .done = done, .data = data});
    return self;
}

/* Chunks */

static gboolean check_room(const StoreUpload *self, gsize length, GError **error)
{
    StoreUploads *uploads = self->uploads;
    if (!uploads->is_waiting && length <= uploads->limits.flight_bytes - uploads->flight_bytes)
        return TRUE;
    uploads->has_refused = TRUE;
    return fail(self, error, STORE_ERROR_BUSY, "append to it",
                uploads->is_waiting ? "the disk is short of room"
                                    : "too much waits for the disk already");
}

static gboolean check_place(const StoreUpload *self, gint64 offset, gsize length, GError **error)
{
    if (length > self->uploads->limits.chunk_bytes)
        return fail(self, error, STORE_ERROR_TOO_LARGE, "append to it", "the chunk is too large");
    if (offset < 0 || offset > self->end) {
        g_autofree char *why = g_strdup_printf("it ends at byte %" G_GINT64_FORMAT
                                               ", the chunk begins at %" G_GINT64_FORMAT,
                                               self->end, offset);
        return fail(self, error, STORE_ERROR_OFFSET, "append to it", why);
    }
    if (self->length >= 0 && (gint64)length > self->length - offset)
        return fail(self, error, STORE_ERROR_TOO_LARGE, "append to it",
                    "it would be longer than was declared");
    return TRUE;
}

static gboolean check_quota(const StoreUpload *self, gint64 fresh_bytes, GError **error)
{
    const StoreQuota *quota = self->quota;
    if (quota == NULL || fresh_bytes == 0 || fresh_bytes <= quota->max_bytes - quota->used_bytes)
        return TRUE;
    return fail(self, error, STORE_ERROR_QUOTA, "append to it",
                "the show has as many bytes as it may have");
}

gboolean store_upload_append(StoreUpload *self, gint64 offset, GBytes *bytes, const StoreSum *sum,
                             StoreUploadDone done, gpointer data, GError **error)
{
    int code;
    gsize length = g_bytes_get_size(bytes);
    const char *why = why_not(self, &code);
    if (why != NULL)
        return fail(self, error, code, "append to it", why);
    if (!check_place(self, offset, length, error))
        return FALSE;
    gint64 fresh_bytes = MAX(offset + (gint64)length - self->end, 0);
    if (!check_quota(self, fresh_bytes, error) || !check_room(self, length, error))
        return FALSE;
    UploadStep step = {.kind = UPLOAD_APPEND,
                       .offset = offset,
                       .fresh_bytes = fresh_bytes,
                       .bytes = g_bytes_ref(bytes),
                       .keeps_sum = self->keeps_sum,
                       .done = done,
                       .data = data};
    if (sum != NULL)
        step.sum = *sum;
    self->uploads->flight_bytes += length;
    if (self->quota != NULL)
        self->quota->used_bytes += fresh_bytes;
    self->end += fresh_bytes;
    push_step(self, step);
    return TRUE;
}

/* The end */

gboolean store_upload_declare(StoreUpload *self, gint64 length_bytes, GError **error)
{
    if (self->length >= 0 && self->length != length_bytes)
        return fail(self, error, STORE_ERROR_TOO_LARGE, "declare its length",
                    "another one was declared");
    if (length_bytes < self->end)
        return fail(self, error, STORE_ERROR_TOO_LARGE, "declare its length",
                    "more bytes are there");
    self->length = length_bytes;
    return TRUE;
}

void store_upload_finish(StoreUpload *self, const char *sha256, StoreUploadDone done, gpointer data)
{
    UploadStep step = {.kind = UPLOAD_FINISH, .length = self->length, .done = done, .data = data};
    int code;
    const char *why = why_not(self, &code);
    if (why != NULL && code != STORE_ERROR_FINISHED) {
        step.kind = UPLOAD_ANSWER;
        fail(self, &step.error, code, "finish it", why);
    } else {
        step.sha256 = g_strdup(sha256);
    }
    if (self->life == LIFE_OPEN)
        self->life = LIFE_FINISHING;
    push_step(self, step);
}

void store_upload_keep_sum(StoreUpload *self)
{
    self->keeps_sum = TRUE;
}

void store_upload_read_sum(StoreUpload *self, StoreUploadDone done, gpointer data)
{
    UploadStep step = {.kind = UPLOAD_SUM, .done = done, .data = data};
    int code;
    const char *why = why_not(self, &code);
    if (why != NULL && code != STORE_ERROR_FINISHED) {
        step.kind = UPLOAD_ANSWER;
        fail(self, &step.error, code, "read its sum", why);
    }
    push_step(self, step);
}

void store_upload_terminate(StoreUpload *self, StoreUploadDone done, gpointer data)
{
    self->life = LIFE_REMOVED;
    push_step(self, (UploadStep){.kind = UPLOAD_REMOVE, .done = done, .data = data});
}

gint64 store_upload_end(const StoreUpload *upload)
{
    return upload->end;
}

gint64 store_upload_acknowledged_bytes(const StoreUpload *upload)
{
    return upload->acknowledged;
}

gboolean store_upload_is_finished(const StoreUpload *upload)
{
    return upload->life == LIFE_FINISHED;
}

char *store_upload_sha256(const StoreUpload *upload)
{
    return g_strdup(upload->sha256);
}

void store_upload_close(StoreUpload *self)
{
    if (self == NULL || self->life == LIFE_CLOSED)
        return;
    self->life = LIFE_CLOSED;
    give_up(self, FALSE, STORE_ERROR_CLOSED, "it was closed");
    answer_steps(self);
    unref_upload(self);
}
