/* Two spellings of H.264. What always holds: nothing is read outside the bytes that were given. */
#include "live-avc-private.h"

#include <string.h>

enum { UNIT_SPS = 7, UNIT_PPS = 8, UNIT_DELIMITER = 9, LENGTH_BYTES = 4 };

typedef struct Unit {
    const guint8 *bytes;
    gsize length;
} Unit;

/* The place behind the next 00 00 01 from `at` on; `end` when there is none. */
static const guint8 *behind_start(const guint8 *at, const guint8 *end)
{
    for (; end - at >= 3; at++)
        if (at[0] == 0 && at[1] == 0 && at[2] == 1)
            return at + 3;
    return end;
}

/* The next unit; FALSE: there is none more. `at` moves behind it. */
static gboolean next_unit(const guint8 **at, const guint8 *end, Unit *unit)
{
    unit->bytes = *at;
    const guint8 *next = behind_start(*at, end);
    const guint8 *last = next < end ? next - 3 : end;
    *at = next;
    while (last > unit->bytes && last[-1] == 0) /* of a longer start code, or padding */
        last--;
    unit->length = (gsize)(last - unit->bytes);
    return unit->length > 0 || next < end;
}

static guint8 type_of(const Unit *unit)
{
    return unit->length > 0 ? unit->bytes[0] & 0x1f : 0;
}

static void append_length(GByteArray *out, gsize length, guint n)
{
    for (guint i = 0; i < n; i++) {
        guint8 byte = (guint8)(length >> 8 * (n - 1 - i));
        g_byte_array_append(out, &byte, 1);
    }
}

GBytes *media_avcc_new(const guint8 *bytes, gsize length)
{
    const guint8 *end = bytes + length, *at = behind_start(bytes, end);
    Unit unit, sps = {NULL, 0}, pps = {NULL, 0};
    while (at < end && next_unit(&at, end, &unit)) {
        if (type_of(&unit) == UNIT_SPS)
            sps = unit;
        else if (type_of(&unit) == UNIT_PPS)
            pps = unit;
    }
    if (sps.length < 4 || pps.length == 0 || sps.length > 0xffff || pps.length > 0xffff)
        return NULL;
    GByteArray *out = g_byte_array_new();
    const guint8 head[] = {1, sps.bytes[1], sps.bytes[2], sps.bytes[3], 0xff, 0xe1};
    const guint8 one = 1;
    g_byte_array_append(out, head, sizeof head);
    append_length(out, sps.length, 2);
    g_byte_array_append(out, sps.bytes, (guint)sps.length);
    g_byte_array_append(out, &one, 1);
    append_length(out, pps.length, 2);
    g_byte_array_append(out, pps.bytes, (guint)pps.length);
    return g_byte_array_free_to_bytes(out);
}

GBytes *media_avc_lengths(const guint8 *bytes, gsize length)
{
    const guint8 *end = bytes + length, *at = behind_start(bytes, end);
    GByteArray *out = g_byte_array_sized_new((guint)length + 16);
    Unit unit;
    while (at < end && next_unit(&at, end, &unit)) {
        guint8 type = type_of(&unit);
        if (unit.length == 0 || type == UNIT_SPS || type == UNIT_PPS || type == UNIT_DELIMITER)
            continue;
        append_length(out, unit.length, LENGTH_BYTES);
        g_byte_array_append(out, unit.bytes, (guint)unit.length);
    }
    return g_byte_array_free_to_bytes(out);
}

/* `count` sets from `*at` on. */
static gboolean append_sets(GByteArray *out, const guint8 **at, const guint8 *end, guint count)
{
    for (; count > 0; count--) {
        gsize length = end - *at >= 2 ? (gsize)((*at)[0] << 8 | (*at)[1]) : G_MAXUINT16 + 1;
        if (length == 0 || length > (gsize)MAX(end - *at - 2, 0))
            return FALSE;
        append_length(out, length, LENGTH_BYTES);
        g_byte_array_append(out, *at + 2, (guint)length);
        *at += 2 + length;
    }
    return TRUE;
}

GBytes *media_avcc_sets(const guint8 *avcc, gsize length)
{
    if (length < 7 || avcc[0] != 1 || (avcc[4] & 3) != LENGTH_BYTES - 1 || (avcc[5] & 0x1f) == 0)
        return NULL;
    const guint8 *at = avcc + 6, *end = avcc + length;
    g_autoptr(GByteArray) out = g_byte_array_new();
    if (!append_sets(out, &at, end, avcc[5] & 0x1f) || at >= end || *at == 0)
        return NULL;
    guint count = *at++;
    if (!append_sets(out, &at, end, count))
        return NULL;
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}
