#include "layout-private.h"

#include <media/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW_BYTES = 4096,       /* headers lie close together, contents are stepped over */
    SEARCH_BYTES = 256 * 1024, /* read at once when looking for the next cluster */
    HEADER_BYTES_MAX = 16,     /* of an element or a box: its name and its size */
};

typedef enum { KIND_OTHER = 0, KIND_MATROSKA, KIND_MP4 } Kind;

struct MediaLayout {
    int fd;
    Kind kind;
    gint64 bytes;
    gint64 at;       /* the next element begins here */
    gint64 cluster;  /* the last that was seen, -1: none */
    gint64 next;     /* one that begins at `at` and was not entered yet, or -1 */
    gint64 promised; /* the furthest end that an element entered has claimed */
    gint64 damaged;
    gboolean ended, torn;
    guint8 window[WINDOW_BYTES];
    gint64 window_at;
    gsize window_length;
};

/* ---- bytes ---- */

static gsize read_at(const MediaLayout *layout, gint64 at, void *bytes, gsize length)
{
    gsize have = 0;
    while (have < length) {
        ssize_t got = pread(layout->fd, (char *)bytes + have, length - have, at + (gint64)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break; /* what cannot be read is not there */
        have += (gsize)got;
    }
    return have;
}

/* The bytes at `at`, of which *length are there, at least `want` where the file has them. */
static const guint8 *peek(MediaLayout *layout, gint64 at, gsize want, gsize *length)
{
    gint64 skip = at - layout->window_at;
    if (skip < 0 || skip + (gint64)want > (gint64)layout->window_length) {
        layout->window_length = read_at(layout, at, layout->window, WINDOW_BYTES);
        layout->window_at = at;
        skip = 0;
    }
    *length = layout->window_length - (gsize)skip;
    return layout->window + skip;
}

/* ---- Matroska ---- */

enum {
    ID_EBML = 0x1A45DFA3,
    ID_SEGMENT = 0x18538067,
    ID_CLUSTER = 0x1F43B675,
    ID_VOID = 0xEC,
    ID_CRC = 0xBF,
    ID_TIMESTAMP = 0xE7,
};

#define SIZE_UNKNOWN G_MAXINT64

static const guint32 ids_of_segment[] = {
    0x114D9B74 /* SeekHead */,
    0x1549A966 /* Info */,
    0x1654AE6B /* Tracks */,
    0x1C53BB6B /* Cues */,
    0x1254C367 /* Tags */,
    0x1043A770 /* Chapters */,
    0x1941A469 /* Attachments */,
    ID_EBML,
    ID_VOID,
    ID_CRC,
};
static const guint32 ids_of_cluster[] = {
    ID_TIMESTAMP,
    0xA3 /* SimpleBlock */,
    0xA0 /* BlockGroup */,
    0xAB /* PrevSize */,
    0xA7 /* Position */,
    0x5854 /* SilentTracks */,
    0xAF /* EncryptedBlock */,
    ID_VOID,
    ID_CRC,
};

typedef struct Element {
    guint32 id;
    gint64 size; /* of its content, or SIZE_UNKNOWN */
    gsize header;
} Element;

typedef enum { FOUND, CUT, WRONG } Found;

static gboolean is_one_of(guint32 id, const guint32 *ids, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (ids[i] == id)
            return TRUE;
    return FALSE;
}

/* Length of a number that begins with this byte (RFC 8794, 4), 9: none does. */
static gsize number_length(guint8 first)
{
    gsize length = 1;
    while (length <= 8 && (first & (0x80 >> (length - 1))) == 0)
        length++;
    return length;
}

static Found read_element(MediaLayout *layout, gint64 at, Element *element)
{
    gsize have = 0;
    const guint8 *bytes = peek(layout, at, HEADER_BYTES_MAX, &have);
    if (have < 1)
        return CUT;
    gsize id_length = number_length(bytes[0]);
    if (id_length > 4)
        return WRONG;
    if (have < id_length + 1)
        return CUT;
    gsize size_length = number_length(bytes[id_length]);
    if (size_length > 8)
        return WRONG;
    if (have < id_length + size_length)
        return CUT;
    element->id = 0;
    for (gsize i = 0; i < id_length; i++)
        element->id = element->id << 8 | bytes[i];
    guint64 mask = (G_GUINT64_CONSTANT(1) << (7 * size_length)) - 1, size = 0;
    for (gsize i = 0; i < size_length; i++)
        size = size << 8 | bytes[id_length + i];
    size &= mask;
    element->size = size == mask ? SIZE_UNKNOWN : (gint64)size;
    element->header = id_length + size_length;
    return FOUND;
}

/* A cluster, not four bytes of a picture that look like one: its first element is one of those that
 * clusters begin with. */
static gboolean cluster_is_at(MediaLayout *layout, gint64 at)
{
    Element cluster, inside;
    if (read_element(layout, at, &cluster) != FOUND || cluster.id != ID_CLUSTER)
        return FALSE;
    return read_element(layout, at + (gint64)cluster.header, &inside) == FOUND &&
           (inside.id == ID_TIMESTAMP || inside.id == ID_CRC || inside.id == ID_VOID);
}

/* Where the next cluster begins after `from`, or -1. */
static gint64 find_cluster(MediaLayout *layout, gint64 from)
{
    static const guint8 name[] = {0x1F, 0x43, 0xB6, 0x75};
    g_autofree guint8 *block = g_malloc(SEARCH_BYTES);
    for (;;) {
        gsize got = read_at(layout, from, block, SEARCH_BYTES);
        if (got < sizeof name)
            return -1;
        const guint8 *here = block;
        while ((here = memmem(here, got - (gsize)(here - block), name, sizeof name)) != NULL) {
            if (cluster_is_at(layout, from + (here - block)))
                return from + (here - block);
            here++;
        }
        from += (gint64)(got - (sizeof name - 1));
    }
}

/* What lies at `at` makes no sense, or claims more than the file has: on to the next cluster. Where
 * there is none, the file was cut here, or the rest of it is damaged. */
static void step_over_damage(MediaLayout *layout, gboolean cut)
{
    gint64 cluster = find_cluster(layout, layout->at + 1);
    if (cluster >= 0) {
        layout->damaged += cluster - layout->at;
        layout->at = cluster;
        return;
    }
    layout->ended = TRUE;
    layout->torn = layout->torn || cut;
    if (!cut) {
        layout->damaged += layout->bytes - layout->at;
        layout->at = layout->bytes;
    }
}

static void enter(MediaLayout *layout, const Element *element)
{
    layout->at += (gint64)element->header;
    if (element->size != SIZE_UNKNOWN && element->size <= G_MAXINT64 - layout->at)
        layout->promised = MAX(layout->promised, layout->at + element->size);
}

static void step_matroska(MediaLayout *layout)
{
    Element element;
    Found found = read_element(layout, layout->at, &element);
    if (found != FOUND) {
        step_over_damage(layout, found == CUT);
        return;
    }
    if (element.id == ID_CLUSTER)
        layout->next = layout->at;
    if (element.id == ID_CLUSTER || element.id == ID_SEGMENT) {
        enter(layout, &element);
        return;
    }
    gboolean known = is_one_of(element.id, ids_of_segment, G_N_ELEMENTS(ids_of_segment)) ||
                     (layout->cluster >= 0 &&
                      is_one_of(element.id, ids_of_cluster, G_N_ELEMENTS(ids_of_cluster)));
    gint64 left = layout->bytes - layout->at - (gint64)element.header;
    if (!known || element.size == SIZE_UNKNOWN || element.size > left)
        step_over_damage(layout, known && element.size > left);
    else
        layout->at += (gint64)element.header + element.size;
}

/* ---- MP4 ---- */

static guint64 read_big_endian(const guint8 *bytes, gsize length)
{
    guint64 value = 0;
    for (gsize i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    return value;
}

static gboolean is_box_name(const guint8 *name)
{
    for (int i = 0; i < 4; i++)
        if (!g_ascii_isprint(name[i]) && name[i] != 0xA9)
            return FALSE;
    return TRUE;
}

static void end_here(MediaLayout *layout, gboolean torn)
{
    layout->ended = TRUE;
    layout->torn = torn;
    if (!torn) {
        layout->damaged += layout->bytes - layout->at;
        layout->at = layout->bytes;
    }
}

static void step_mp4(MediaLayout *layout)
{
    gsize have = 0;
    const guint8 *bytes = peek(layout, layout->at, HEADER_BYTES_MAX, &have);
    guint64 left = (guint64)(layout->bytes - layout->at);
    if (have < 8) {
        end_here(layout, TRUE);
        return;
    }
    guint64 size = read_big_endian(bytes, 4), header = 8;
    if (size == 1 && have >= 16) {
        size = read_big_endian(bytes + 8, 8);
        header = 16;
    } else if (size == 0) {
        size = left; /* to the end of the file */
    }
    if (size < header || !is_box_name(bytes + 4)) {
        end_here(layout, FALSE);
        return;
    }
    if (memcmp(bytes + 4, "moof", 4) == 0)
        layout->next = layout->at;
    if (size > left)
        end_here(layout, TRUE);
    else
        layout->at += (gint64)size;
}

/* ---- public ---- */

static Kind find_kind(MediaLayout *layout)
{
    static const guint8 ebml[] = {0x1A, 0x45, 0xDF, 0xA3};
    gsize have = 0;
    const guint8 *bytes = peek(layout, 0, HEADER_BYTES_MAX, &have);
    if (have >= 8 && memcmp(bytes, ebml, sizeof ebml) == 0)
        return KIND_MATROSKA;
    if (have >= 8 && memcmp(bytes + 4, "ftyp", 4) == 0)
        return KIND_MP4;
    return KIND_OTHER;
}

MediaLayout *media_layout_open(const char *path, GError **error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "%s: cannot be read: %s", path,
                    g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    MediaLayout *layout = g_new0(MediaLayout, 1);
    layout->fd = fd;
    layout->bytes = status.st_size;
    layout->cluster = layout->next = -1;
    layout->kind = find_kind(layout);
    if (layout->kind == KIND_OTHER) {
        layout->ended = TRUE;
        layout->at = layout->bytes;
    }
    return layout;
}

void media_layout_close(MediaLayout *layout)
{
    if (layout == NULL)
        return;
    close(layout->fd);
    g_free(layout);
}

static void step(MediaLayout *layout)
{
    if (layout->next >= 0)
        layout->cluster = layout->next;
    layout->next = -1;
    if (layout->at >= layout->bytes)
        layout->ended = TRUE;
    else if (layout->kind == KIND_MATROSKA)
        step_matroska(layout);
    else
        step_mp4(layout);
}

gint64 media_layout_cluster(MediaLayout *layout, gint64 position)
{
    while (!layout->ended && (layout->next >= 0 ? layout->next : layout->at) <= position)
        step(layout);
    return layout->cluster;
}

MediaLayoutEnd media_layout_finish(MediaLayout *layout)
{
    while (!layout->ended)
        step(layout);
    return (MediaLayoutEnd){
        .bytes = layout->bytes,
        .whole_bytes = layout->at,
        .damaged_bytes = layout->damaged,
        .torn = layout->torn || layout->promised > layout->bytes,
    };
}
