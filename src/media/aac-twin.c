#include "aac-twin-private.h"

#include <string.h>

enum {
    ID_SCE = 0,
    ID_CPE = 1,
    ID_END = 7,
    EIGHT_SHORT = 2,
    GROUPS_BITS = 7,
    ALL_MIDDLE_SIDE = 2, /* ms_mask_present: every band */
    CHANNELS_AT = 9,     /* channelConfiguration, in bits of an AudioSpecificConfig of LC */
    CHANNELS_BITS = 4,
};

typedef struct Bits {
    const guint8 *data;
    gsize at, end;
} Bits;

typedef struct Out {
    guint8 *data;
    gsize at;
} Out;

static guint take(Bits *bits, guint n)
{
    guint value = 0;
    for (; n > 0; n--, bits->at++) {
        guint bit =
            bits->at < bits->end ? (bits->data[bits->at / 8] >> (7 - bits->at % 8)) & 1U : 0;
        value = value << 1 | bit;
    }
    return value;
}

static void put(Out *out, guint value, guint n)
{
    for (; n > 0; n--, out->at++)
        if ((value >> (n - 1)) & 1U)
            out->data[out->at / 8] |= (guint8)(1U << (7 - out->at % 8));
}

static void copy(Out *out, Bits *bits, gsize until)
{
    while (until - bits->at >= 24)
        put(out, take(bits, 24), 24);
    put(out, take(bits, (guint)(until - bits->at)), (guint)(until - bits->at));
}

/* What ics_info() says: as much as the second channel needs. */
typedef struct Window {
    gsize begin, end; /* bits of it */
    gboolean is_short;
    guint bands, groups;
} Window;

static Window read_window(Bits *bits)
{
    Window window = {.begin = bits->at, .groups = 1};
    take(bits, 1); /* reserved */
    window.is_short = take(bits, 2) == EIGHT_SHORT;
    take(bits, 1); /* shape */
    window.bands = take(bits, window.is_short ? 4 : 6);
    guint more = take(bits, window.is_short ? GROUPS_BITS : 1); /* or: no prediction */
    for (guint bit = 0; window.is_short && bit < GROUPS_BITS; bit++)
        window.groups += ((more >> bit) & 1U) == 0;
    window.end = bits->at;
    return window;
}

/* Each group one section of all bands in codebook 0: nothing. */
static void put_sections(Out *out, const Window *window)
{
    guint size = window->is_short ? 3 : 5, most = (1U << size) - 1;
    for (guint group = 0; window->bands > 0 && group < window->groups; group++) {
        guint left = window->bands;
        put(out, 0, 4);
        for (; left >= most; left -= most)
            put(out, most, size);
        put(out, left, size);
    }
}

/* The block ends with three ones and zeros up to the byte. 0: it does not. */
static gsize find_end(const guint8 *data, gsize bytes)
{
    while (bytes > 0 && data[bytes - 1] == 0)
        bytes--;
    if (bytes == 0)
        return 0;
    gsize end = 8 * bytes;
    for (guint last = data[bytes - 1]; (last & 1U) == 0; last >>= 1)
        end--;
    return end;
}

gsize media_aac_twin(const guint8 *mono, gsize bytes, guint8 *stereo)
{
    Bits bits = {mono, 0, find_end(mono, bytes)};
    Out out = {stereo, 0};
    if (take(&bits, 3) != ID_SCE)
        return 0;
    guint tag = take(&bits, 4), gain = take(&bits, 8);
    Window window = read_window(&bits);
    if (bits.at + 3 > bits.end)
        return 0;
    memset(stereo, 0, bytes + MEDIA_AAC_TWIN_MORE);
    put(&out, ID_CPE, 3);
    put(&out, tag, 4);
    put(&out, 1, 1); /* common_window */
    Bits info = {mono, window.begin, bits.end};
    copy(&out, &info, window.end);
    put(&out, ALL_MIDDLE_SIDE, 2);
    put(&out, gain, 8);
    copy(&out, &bits, bits.end - 3);
    put(&out, gain, 8);
    put_sections(&out, &window);
    put(&out, 0, 3); /* no pulses, no shaping in time, no gain control */
    put(&out, ID_END, 3);
    return take(&bits, 3) == ID_END ? (out.at + 7) / 8 : 0;
}

gboolean media_aac_twin_config(guint8 *config, gsize bytes)
{
    Bits bits = {config, CHANNELS_AT, 8 * bytes};
    if (bytes < 2 || take(&bits, CHANNELS_BITS) != 1)
        return FALSE;
    Out out = {config, CHANNELS_AT};
    config[1] &= (guint8) ~(0xFU << 3);
    put(&out, 2, CHANNELS_BITS);
    return TRUE;
}
