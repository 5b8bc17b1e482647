/* The boxes are walked over before libav sees the file. Where this walk and libav's should differ, in
 * a damaged file, the track is seen after all: it costs memory, nothing else. */
#include "one-track-private.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 32768, /* as libav's own for files */
    BOXES_MAX = 4096,     /* looked at in one row */
    TYPE_BYTES = 4,
};

#define FREE_SPACE "skip" /* and not "free", in which libav looks for an index that was lost */

struct MediaOneTrack {
    int file;
    gint64 bytes, at;
    gint64 hidden; /* where the type of the box stands that is free space */
    AVIOContext *io;
};

/* ---- boxes ---- */

typedef struct Box {
    guint8 type[TYPE_BYTES];
    gint64 at, content, end;
} Box;

static gboolean read_bytes(int file, gint64 at, void *bytes, gsize n)
{
    ssize_t got;
    do {
        got = pread(file, bytes, n, at);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)n;
}

static guint64 read_number(const guint8 *bytes, gsize n)
{
    guint64 value = 0;
    for (gsize i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

static gboolean read_box(int file, gint64 at, gint64 limit, Box *box)
{
    guint8 head[16];
    if (at + 8 > limit || !read_bytes(file, at, head, 8))
        return FALSE;
    guint64 size = read_number(head, 4), header = 8, left = (guint64)(limit - at);
    if (size == 1) {
        header = 16;
        if (left < header || !read_bytes(file, at, head, sizeof head))
            return FALSE;
        size = read_number(head + 8, 8);
    } else if (size == 0) {
        size = left;
    }
    if (size < header || size > left)
        return FALSE;
    memcpy(box->type, head + 4, TYPE_BYTES);
    box->at = at;
    box->content = at + (gint64)header;
    box->end = at + (gint64)size;
    return TRUE;
}

static gboolean is_type(const Box *box, const char *type)
{
    return memcmp(box->type, type, TYPE_BYTES) == 0;
}

/* The first box of this type between two places. */
static gboolean find_box(int file, gint64 from, gint64 limit, const char *type, Box *box)
{
    for (int i = 0; i < BOXES_MAX && read_box(file, from, limit, box); i++) {
        if (is_type(box, type))
            return TRUE;
        from = box->end;
    }
    return FALSE;
}

/* ---- tracks ---- */

typedef struct Tracks {
    int pictures, sounds;
    gint64 picture, sound; /* where their boxes begin */
    gboolean fragments;    /* more of them lies elsewhere */
} Tracks;

static void note_track(int file, const Box *track, Tracks *tracks)
{
    Box media, handler;
    guint8 kind[TYPE_BYTES];
    if (!find_box(file, track->content, track->end, "mdia", &media) ||
        !find_box(file, media.content, media.end, "hdlr", &handler) ||
        handler.end - handler.content < 12 ||
        !read_bytes(file, handler.content + 8, kind, sizeof kind))
        return;
    if (memcmp(kind, "vide", sizeof kind) == 0) {
        tracks->pictures++;
        tracks->picture = track->at;
    } else if (memcmp(kind, "soun", sizeof kind) == 0) {
        tracks->sounds++;
        tracks->sound = track->at;
    }
}

static Tracks find_tracks(int file, gint64 bytes)
{
    Tracks tracks = {0};
    Box movie, box;
    if (!find_box(file, 0, bytes, "moov", &movie))
        return tracks;
    gint64 at = movie.content;
    for (int i = 0; i < BOXES_MAX && read_box(file, at, movie.end, &box); i++) {
        if (is_type(&box, "trak"))
            note_track(file, &box, &tracks);
        tracks.fragments |= is_type(&box, "mvex");
        at = box.end;
    }
    return tracks;
}

/* Where the type to hide stands, or -1. libav lays some tags of a file on the track it saw last, and
 * trims sound by them: that may not become another one. */
static gint64 choose_hidden(const Tracks *tracks, enum AVMediaType keep)
{
    if (tracks->pictures != 1 || tracks->sounds != 1 || tracks->fragments)
        return -1;
    if (keep == AVMEDIA_TYPE_VIDEO)
        return tracks->sound + TYPE_BYTES;
    return tracks->picture < tracks->sound ? tracks->picture + TYPE_BYTES : -1;
}

/* ---- what libav calls ---- */

static void hide(const MediaOneTrack *view, guint8 *bytes, gint64 n)
{
    for (gint64 i = 0; i < TYPE_BYTES; i++) {
        gint64 place = view->hidden + i - view->at;
        if (place >= 0 && place < n)
            bytes[place] = (guint8)FREE_SPACE[i];
    }
}

static int read_view(void *data, uint8_t *bytes, int n)
{
    MediaOneTrack *view = data;
    ssize_t got;
    do {
        got = pread(view->file, bytes, (size_t)n, view->at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 ? AVERROR(errno) : AVERROR_EOF;
    hide(view, bytes, got);
    view->at += got;
    return (int)got;
}

static int64_t seek_view(void *data, int64_t offset, int whence)
{
    MediaOneTrack *view = data;
    if (whence == AVSEEK_SIZE)
        return view->bytes;
    if (whence != SEEK_SET || offset < 0) /* libav asks for nothing else */
        return AVERROR(EINVAL);
    view->at = offset;
    return offset;
}

/* ---- public ---- */

MediaOneTrack *media_one_track_open(const char *path, enum AVMediaType keep)
{
    struct stat status;
    g_autoptr(MediaOneTrack) view = g_new0(MediaOneTrack, 1);
    view->file = open(path, O_RDONLY | O_CLOEXEC);
    if (view->file < 0 || fstat(view->file, &status) != 0)
        return NULL;
    view->bytes = status.st_size;
    Tracks tracks = find_tracks(view->file, view->bytes);
    view->hidden = choose_hidden(&tracks, keep);
    if (view->hidden < 0)
        return NULL;
    guint8 *buffer = av_malloc(BUFFER_BYTES);
    view->io = avio_alloc_context(buffer, BUFFER_BYTES, 0, view, read_view, NULL, seek_view);
    g_assert(buffer != NULL && view->io != NULL);
    return g_steal_pointer(&view);
}

void media_one_track_close(MediaOneTrack *view)
{
    if (view == NULL)
        return;
    if (view->io != NULL)
        av_freep(&view->io->buffer);
    avio_context_free(&view->io);
    if (view->file >= 0)
        close(view->file);
    g_free(view);
}

AVIOContext *media_one_track_io(const MediaOneTrack *view)
{
    return view->io;
}
