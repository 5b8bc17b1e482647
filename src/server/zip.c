/* Archives. What always holds: the bytes that next() gives add up to length(); numbers of eight bytes
 * stand where, and only where, those of four do not suffice. */
#include "zip-private.h"

#include <server/error.h>

#include <string.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 * 1024,
    LOCAL_BYTES = 30,
    LOCAL_EXTRA_BYTES = 20,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    END64_BYTES = 56 + 20,
    FLAGS = 1 << 3 | 1 << 11, /* sums behind the data; names are UTF-8 */
    VERSION = 20,
    VERSION_64 = 45,
    MADE_BY = 3 << 8 | VERSION_64, /* Unix, for the mode */
};
#define BIG_BYTES  G_MAXUINT32
#define FILE_MODE  (0100644u << 16)
#define COUNT_MANY G_MAXUINT16

typedef struct Entry {
    char *name;
    GBytes *text; /* or a file: */
    const StoreShow *folder;
    char *file;
    dev_t device;
    ino_t inode;
    gint64 bytes, modified_s;
    gint64 offset; /* of its header */
    guint32 crc;
} Entry;

struct ServerZip {
    gint64 big_bytes;
    GPtrArray *folders; /* StoreShow, owned */
    GPtrArray *entries; /* Entry, owned */
    gint64 central;     /* offset of the directory: behind the last entry */
    guint32 table[8][256];
    /* where next() is */
    guint at;
    int fd; /* of entry `at`; -1: it has not begun */
    gint64 done;
    gboolean is_begun, is_ended;
};

/* ---- CRC-32, eight bytes at a time ---- */

static void fill_table(ServerZip *zip)
{
    for (guint32 i = 0; i < 256; i++) {
        guint32 crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        zip->table[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++) {
            guint32 crc = zip->table[k - 1][i];
            zip->table[k][i] = crc >> 8 ^ zip->table[0][crc & 0xff];
        }
}

static guint32 add_to_crc(const ServerZip *zip, guint32 crc, const guint8 *bytes, gsize length)
{
    crc = ~crc;
    for (; length >= 8; bytes += 8, length -= 8) {
        guint32 low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + 4, 4);
        low = GUINT32_FROM_LE(low) ^ crc;
        high = GUINT32_FROM_LE(high);
        crc = zip->table[7][low & 0xff] ^ zip->table[6][low >> 8 & 0xff] ^
              zip->table[5][low >> 16 & 0xff] ^ zip->table[4][low >> 24] ^
              zip->table[3][high & 0xff] ^ zip->table[2][high >> 8 & 0xff] ^
              zip->table[1][high >> 16 & 0xff] ^ zip->table[0][high >> 24];
    }
    for (; length > 0; bytes++, length--)
        crc = crc >> 8 ^ zip->table[0][(crc ^ *bytes) & 0xff];
    return ~crc;
}

/* ---- numbers ---- */

static void put(GByteArray *out, guint64 value, int bytes)
{
    guint64 little = GUINT64_TO_LE(value);
    g_byte_array_append(out, (const guint8 *)&little, (guint)bytes);
}

/* Date and time as DOS has them: every other second, from 1980 on. */
static void put_time(GByteArray *out, gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    int year = time != NULL ? g_date_time_get_year(time) : 0;
    if (year < 1980 || year > 2107) {
        put(out, 0, 2);
        put(out, 1 << 5 | 1, 2);
        return;
    }
    put(out,
        (guint64)(g_date_time_get_hour(time) << 11 | g_date_time_get_minute(time) << 5 |
                  g_date_time_get_second(time) / 2),
        2);
    put(out,
        (guint64)((year - 1980) << 9 | g_date_time_get_month(time) << 5 |
                  g_date_time_get_day_of_month(time)),
        2);
}

static gboolean is_big(const ServerZip *zip, gint64 value)
{
    return value >= zip->big_bytes;
}

static guint64 or_all_ones(const ServerZip *zip, gint64 value)
{
    return is_big(zip, value) ? BIG_BYTES : (guint64)value;
}

/* ---- sizes ---- */

static gint64 local_bytes(const ServerZip *zip, const Entry *entry)
{
    return LOCAL_BYTES + (gint64)strlen(entry->name) +
           (is_big(zip, entry->bytes) ? LOCAL_EXTRA_BYTES : 0);
}

static gint64 descriptor_bytes(const ServerZip *zip, const Entry *entry)
{
    return is_big(zip, entry->bytes) ? 24 : 16;
}

/* Behind the id and the length of the extra field. */
static int central_extra_bytes(const ServerZip *zip, const Entry *entry)
{
    return (is_big(zip, entry->bytes) ? 16 : 0) + (is_big(zip, entry->offset) ? 8 : 0);
}

static gint64 central_bytes(const ServerZip *zip, const Entry *entry)
{
    int extra = central_extra_bytes(zip, entry);
    return CENTRAL_BYTES + (gint64)strlen(entry->name) + (extra > 0 ? 4 + extra : 0);
}

static gint64 all_central_bytes(const ServerZip *zip)
{
    gint64 bytes = 0;
    for (guint i = 0; i < zip->entries->len; i++)
        bytes += central_bytes(zip, zip->entries->pdata[i]);
    return bytes;
}

static gboolean needs_end64(const ServerZip *zip)
{
    return zip->entries->len >= COUNT_MANY || is_big(zip, zip->central) ||
           is_big(zip, all_central_bytes(zip));
}

gint64 server_zip_length(const ServerZip *zip)
{
    return zip->central + all_central_bytes(zip) + (needs_end64(zip) ? END64_BYTES : 0) + END_BYTES;
}

/* ---- parts ---- */

static void put_local(const ServerZip *zip, const Entry *entry, GByteArray *out)
{
    gboolean big = is_big(zip, entry->bytes);
    put(out, 0x04034b50, 4);
    put(out, big ? VERSION_64 : VERSION, 2);
    put(out, FLAGS, 2);
    put(out, 0, 2);
    put_time(out, entry->modified_s);
    put(out, 0, 4);
    put(out, big ? BIG_BYTES : 0, 4);
    put(out, big ? BIG_BYTES : 0, 4);
    put(out, strlen(entry->name), 2);
    put(out, big ? LOCAL_EXTRA_BYTES : 0, 2);
    g_byte_array_append(out, (const guint8 *)entry->name, (guint)strlen(entry->name));
    if (big) {
        put(out, 1, 2);
        put(out, 16, 2);
        put(out, 0, 8);
        put(out, 0, 8);
    }
}

static void put_descriptor(const ServerZip *zip, const Entry *entry, GByteArray *out)
{
    int size = is_big(zip, entry->bytes) ? 8 : 4;
    put(out, 0x08074b50, 4);
    put(out, entry->crc, 4);
    put(out, (guint64)entry->bytes, size);
    put(out, (guint64)entry->bytes, size);
}

static void put_central(const ServerZip *zip, const Entry *entry, GByteArray *out)
{
    int extra = central_extra_bytes(zip, entry);
    put(out, 0x02014b50, 4);
    put(out, MADE_BY, 2);
    put(out, extra > 0 ? VERSION_64 : VERSION, 2);
    put(out, FLAGS, 2);
    put(out, 0, 2);
    put_time(out, entry->modified_s);
    put(out, entry->crc, 4);
    put(out, or_all_ones(zip, entry->bytes), 4);
    put(out, or_all_ones(zip, entry->bytes), 4);
    put(out, strlen(entry->name), 2);
    put(out, (guint64)(extra > 0 ? 4 + extra : 0), 2);
    put(out, 0, 2); /* no comment */
    put(out, 0, 2); /* the first disk */
    put(out, 0, 2);
    put(out, FILE_MODE, 4);
    put(out, or_all_ones(zip, entry->offset), 4);
    g_byte_array_append(out, (const guint8 *)entry->name, (guint)strlen(entry->name));
    if (extra == 0)
        return;
    put(out, 1, 2);
    put(out, (guint64)extra, 2);
    if (is_big(zip, entry->bytes)) {
        put(out, (guint64)entry->bytes, 8);
        put(out, (guint64)entry->bytes, 8);
    }
    if (is_big(zip, entry->offset))
        put(out, (guint64)entry->offset, 8);
}

static void put_end64(const ServerZip *zip, gint64 central_size, GByteArray *out)
{
    put(out, 0x06064b50, 4);
    put(out, 44, 8); /* of this record, behind here */
    put(out, MADE_BY, 2);
    put(out, VERSION_64, 2);
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, zip->entries->len, 8);
    put(out, zip->entries->len, 8);
    put(out, (guint64)central_size, 8);
    put(out, (guint64)zip->central, 8);
    put(out, 0x07064b50, 4);
    put(out, 0, 4);
    put(out, (guint64)(zip->central + central_size), 8);
    put(out, 1, 4);
}

static void put_end(const ServerZip *zip, GByteArray *out)
{
    gint64 central_size = all_central_bytes(zip);
    guint64 count = MIN(zip->entries->len, COUNT_MANY);
    for (guint i = 0; i < zip->entries->len; i++)
        put_central(zip, zip->entries->pdata[i], out);
    if (needs_end64(zip))
        put_end64(zip, central_size, out);
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, count, 2);
    put(out, count, 2);
    put(out, or_all_ones(zip, central_size), 4);
    put(out, or_all_ones(zip, zip->central), 4);
    put(out, 0, 2);
}

/* ---- reading ---- */

static gboolean open_entry(ServerZip *zip, const Entry *entry, GError **error)
{
    struct stat status;
    zip->fd = store_show_open_file(entry->folder, entry->file, &status, error);
    if (zip->fd < 0)
        return FALSE;
    if (status.st_ino == entry->inode && status.st_dev == entry->device)
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                "%s: it was replaced while the archive was made", entry->file);
    return FALSE;
}

static gssize read_entry(ServerZip *zip, const Entry *entry, guint8 *to, gsize most, GError **error)
{
    if (entry->text != NULL) {
        memcpy(to, (const guint8 *)g_bytes_get_data(entry->text, NULL) + zip->done, most);
        return (gssize)most;
    }
    gssize got = TEMP_FAILURE_RETRY(pread(zip->fd, to, most, zip->done));
    if (got <= 0)
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT, "%s: cannot be read: %s",
                    entry->file, got < 0 ? g_strerror(errno) : "it is shorter than it was");
    return got;
}

static gboolean begin_entry(ServerZip *zip, Entry *entry, GByteArray *out, GError **error)
{
    if (entry->text == NULL && !open_entry(zip, entry, error))
        return FALSE;
    zip->is_begun = TRUE;
    zip->done = 0;
    entry->crc = 0;
    put_local(zip, entry, out);
    return TRUE;
}

static void end_entry(ServerZip *zip, const Entry *entry, GByteArray *out)
{
    put_descriptor(zip, entry, out);
    if (zip->fd >= 0)
        close(zip->fd);
    zip->fd = -1;
    zip->is_begun = FALSE;
    zip->at++;
}

static gboolean go_on(ServerZip *zip, GByteArray *out, GError **error)
{
    Entry *entry = zip->entries->pdata[zip->at];
    if (!zip->is_begun && !begin_entry(zip, entry, out, error))
        return FALSE;
    guint had = out->len;
    guint room = had < PIECE_BYTES ? PIECE_BYTES - had : 0;
    gsize most = (gsize)MIN((gint64)room, entry->bytes - zip->done);
    if (most > 0) {
        g_byte_array_set_size(out, had + (guint)most);
        gssize got = read_entry(zip, entry, out->data + had, most, error);
        if (got <= 0)
            return FALSE;
        g_byte_array_set_size(out, had + (guint)got);
        entry->crc = add_to_crc(zip, entry->crc, out->data + had, (gsize)got);
        zip->done += got;
    }
    if (zip->done == entry->bytes)
        end_entry(zip, entry, out);
    return TRUE;
}

GBytes *server_zip_next(ServerZip *zip, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_sized_new(PIECE_BYTES + 1024);
    while (out->len < PIECE_BYTES && zip->at < zip->entries->len)
        if (!go_on(zip, out, error))
            return NULL;
    if (zip->at == zip->entries->len && !zip->is_ended) {
        zip->is_ended = TRUE;
        put_end(zip, out);
    }
    return out->len > 0 ? g_byte_array_free_to_bytes(g_steal_pointer(&out)) : NULL;
}

/* ---- life ---- */

static void free_entry(gpointer data)
{
    Entry *entry = data;
    if (entry->text != NULL)
        g_bytes_unref(entry->text);
    g_free(entry->name);
    g_free(entry->file);
    g_free(entry);
}

ServerZip *server_zip_new(gint64 big_bytes)
{
    ServerZip *zip = g_new0(ServerZip, 1);
    zip->big_bytes = big_bytes > 0 ? big_bytes : BIG_BYTES;
    zip->folders = g_ptr_array_new_with_free_func((GDestroyNotify)store_show_close);
    zip->entries = g_ptr_array_new_with_free_func(free_entry);
    zip->fd = -1;
    fill_table(zip);
    return zip;
}

void server_zip_free(ServerZip *zip)
{
    if (zip == NULL)
        return;
    if (zip->fd >= 0)
        close(zip->fd);
    g_ptr_array_unref(zip->entries);
    g_ptr_array_unref(zip->folders);
    g_free(zip);
}

void server_zip_take_folder(ServerZip *zip, StoreShow *folder)
{
    g_ptr_array_add(zip->folders, folder);
}

static Entry *add_entry(ServerZip *zip, const char *name, gint64 bytes, gint64 modified_s)
{
    g_assert(strlen(name) <= G_MAXUINT16);
    Entry *entry = g_new0(Entry, 1);
    entry->name = g_strdup(name);
    entry->bytes = bytes;
    entry->modified_s = modified_s;
    entry->offset = zip->central;
    zip->central += local_bytes(zip, entry) + bytes + descriptor_bytes(zip, entry);
    g_ptr_array_add(zip->entries, entry);
    return entry;
}

void server_zip_add_file(ServerZip *zip, const char *name, const StoreShow *folder,
                         const char *file, const struct stat *status, gint64 bytes)
{
    Entry *entry = add_entry(zip, name, bytes, status->st_mtim.tv_sec);
    entry->folder = folder;
    entry->file = g_strdup(file);
    entry->device = status->st_dev;
    entry->inode = status->st_ino;
}

void server_zip_add_text(ServerZip *zip, const char *name, GBytes *text, gint64 modified_s)
{
    Entry *entry = add_entry(zip, name, (gint64)g_bytes_get_size(text), modified_s);
    entry->text = g_bytes_ref(text);
}
