/* What always holds: nothing is read behind the end of what was given, whatever lengths it claims. */
#include "avcc-private.h"

#include <string.h>

enum {
    HEAD_BYTES = 5, /* version, profile, compatibility, level, size of lengths */
    SEQUENCES_MAX = 31,
    PICTURES_MAX = 255,
    IDS_MAX = 256, /* of pictures; of sequences 32 */
    UNIT_SEQUENCE = 7,
    UNIT_PICTURE = 8,
    ZEROS_MAX = 16, /* of a number in Exp-Golomb that is looked at */
};

typedef struct Bytes {
    const guint8 *at;
    gsize left;
} Bytes;

static gboolean take(Bytes *from, gsize n, Bytes *taken)
{
    if (n > from->left)
        return FALSE;
    *taken = (Bytes){from->at, n};
    from->at += n;
    from->left -= n;
    return TRUE;
}

static gboolean take_number(Bytes *from, gsize n, guint32 *number)
{
    Bytes bytes;
    if (!take(from, n, &bytes))
        return FALSE;
    *number = 0;
    for (gsize i = 0; i < n; i++)
        *number = *number << 8 | bytes.at[i];
    return TRUE;
}

/* ---- numbers of sets ---- */

static int bit_at(const Bytes *bytes, gsize bit)
{
    return bit / 8 < bytes->left ? bytes->at[bit / 8] >> (7 - bit % 8) & 1 : -1;
}

/* ITU-T H.264, 9.1, from the first bit on; -1: cut off or beyond any number of a set. */
static int read_golomb(const Bytes *bytes)
{
    gsize zeros = 0;
    while (zeros <= ZEROS_MAX && bit_at(bytes, zeros) == 0)
        zeros++;
    int value = 1;
    for (gsize bit = zeros + 1; zeros <= ZEROS_MAX && bit <= 2 * zeros; bit++) {
        int one = bit_at(bytes, bit);
        if (one < 0)
            return -1;
        value = value << 1 | one;
    }
    return zeros > ZEROS_MAX || bit_at(bytes, zeros) < 0 ? -1 : value - 1;
}

/* -1: no set. In the few bytes looked at nothing has to be escaped, since none of them may be two
 * zeros in a row with profiles that there are. */
static int number_of(const Bytes *unit)
{
    Bytes rest = *unit, head;
    int type = unit->left > 0 ? unit->at[0] & 0x1f : 0;
    if (!take(&rest, type == UNIT_SEQUENCE ? 4 : 1, &head))
        return -1;
    int number = read_golomb(&rest);
    return number < IDS_MAX ? number : -1;
}

/* ---- the whole ---- */

typedef struct Sets {
    Bytes head, tail;             /* tail: what High profiles have behind the sets */
    GArray *sequences, *pictures; /* Bytes, each a unit */
} Sets;

static void sets_clear(Sets *sets)
{
    g_clear_pointer(&sets->sequences, g_array_unref);
    g_clear_pointer(&sets->pictures, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sets, sets_clear)

static gboolean add_unit(Sets *sets, Bytes unit)
{
    int type = unit.left > 0 ? unit.at[0] & 0x1f : 0;
    if ((type != UNIT_SEQUENCE && type != UNIT_PICTURE) || number_of(&unit) < 0)
        return FALSE;
    GArray *into = type == UNIT_SEQUENCE ? sets->sequences : sets->pictures;
    g_array_append_val(into, unit);
    return unit.left <= G_MAXUINT16 && sets->sequences->len <= SEQUENCES_MAX &&
           sets->pictures->len <= PICTURES_MAX;
}

static gboolean read_list(Sets *sets, Bytes *from, guint32 mask)
{
    guint32 count, length;
    Bytes unit;
    if (!take_number(from, 1, &count))
        return FALSE;
    for (count &= mask; count > 0; count--)
        if (!take_number(from, 2, &length) || !take(from, length, &unit) || !add_unit(sets, unit))
            return FALSE;
    return TRUE;
}

static gboolean read_sets(Sets *sets, const guint8 *bytes, gsize n)
{
    Bytes from = {bytes, n};
    sets->sequences = g_array_new(FALSE, FALSE, sizeof(Bytes));
    sets->pictures = g_array_new(FALSE, FALSE, sizeof(Bytes));
    if (!take(&from, HEAD_BYTES, &sets->head) || sets->head.at[0] != 1 ||
        (sets->head.at[4] & 3) != 3 || !read_list(sets, &from, 0x1f) ||
        !read_list(sets, &from, 0xff))
        return FALSE;
    sets->tail = from;
    return sets->sequences->len > 0 && sets->pictures->len > 0;
}

static gboolean has_number(const GArray *units, int number)
{
    for (guint i = 0; i < units->len; i++)
        if (number_of(&g_array_index(units, Bytes, i)) == number)
            return TRUE;
    return FALSE;
}

int media_avcc_free_id(const guint8 *bytes, gsize n)
{
    g_auto(Sets) sets = {0};
    if (!read_sets(&sets, bytes, n))
        return -1;
    for (int number = 1; number < 32; number++)
        if (!has_number(sets.sequences, number) && !has_number(sets.pictures, number))
            return number;
    return -1;
}

/* ---- adding ---- */

static void write_list(GByteArray *out, const GArray *units, guint8 bits)
{
    guint8 count = (guint8)(units->len | bits);
    g_byte_array_append(out, &count, 1);
    for (guint i = 0; i < units->len; i++) {
        const Bytes *unit = &g_array_index(units, Bytes, i);
        guint8 length[2] = {(guint8)(unit->left >> 8), (guint8)unit->left};
        g_byte_array_append(out, length, sizeof length);
        g_byte_array_append(out, unit->at, (guint)unit->left);
    }
}

GByteArray *media_avcc_add(const guint8 *bytes, gsize n, const guint8 *units, gsize units_n)
{
    g_auto(Sets) sets = {0};
    if (!read_sets(&sets, bytes, n))
        return NULL;
    Bytes from = {units, units_n}, unit;
    while (from.left > 0) {
        guint32 length;
        if (!take_number(&from, 4, &length) || !take(&from, length, &unit) ||
            !add_unit(&sets, unit))
            return NULL;
    }
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, sets.head.at, HEAD_BYTES);
    write_list(out, sets.sequences, 0xe0);
    write_list(out, sets.pictures, 0);
    g_byte_array_append(out, sets.tail.at, (guint)sets.tail.left);
    return out;
}
