/* A program on its way to become a stream: what a console may send as formats and packets of H.264 and
 * Opus, at any times. Of each of the two the times that come out rise.
 *
 * Input: records of a byte that says what comes (bits 0-2) and whether it is a keyframe (bit 3), two bytes
 * of time (ms from now, signed), one of length, and as many bytes. */
#include <media/live.h>

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HEAD_BYTES = 4,
    RECORDS_MAX =
        350, /* with this many of STEP_US no slate begins: encoding it would be all that is done */
    STEP_US = 5000,
};

typedef enum { RECORD_AVC = 0, RECORD_OPUS, RECORD_PICTURE, RECORD_SOUND, RECORD_KINDS } RecordKind;

typedef struct Last {
    gint64 t_us[2]; /* of pictures, of sound */
} Last;

static void on_format(const MediaLiveFormat *format, gpointer data)
{
    (void)data;
    g_assert(format->description != NULL && format->length > 0);
}

static void on_packet(const MediaLivePacket *packet, gpointer data)
{
    Last *last = data;
    g_assert(packet->t_us > last->t_us[packet->is_sound]);
    last->t_us[packet->is_sound] = packet->t_us;
}

static void on_warning(const char *text, gpointer data)
{
    (void)data;
    g_assert(text != NULL);
}

static gboolean take(MediaLive *live, const uint8_t *record, gsize length, gint64 now_us)
{
    const MediaLiveInput avc = {.codec = "avc1.42c01e",
                                .width = 320,
                                .height = 180,
                                .rate = 30,
                                .description = record + HEAD_BYTES,
                                .length = length};
    const MediaLiveInput opus = {
        .codec = "opus", .description = record + HEAD_BYTES, .length = length};
    gint64 t_us = now_us + (gint64)(gint16)((guint)record[1] << 8 | record[2]) * 1000;
    MediaLivePacket packet = {.is_key = (record[0] & 8U) != 0,
                              .t_us = t_us,
                              .bytes = record + HEAD_BYTES,
                              .length = length};
    switch ((RecordKind)((record[0] & 7U) % RECORD_KINDS)) {
    case RECORD_AVC:
        media_live_format(live, FALSE, &avc, NULL); /* one that is refused changes nothing */
        return TRUE;
    case RECORD_OPUS:
        media_live_format(live, TRUE, &opus, NULL);
        return TRUE;
    case RECORD_SOUND:
        packet.is_sound = TRUE;
        return media_live_push(live, &packet, now_us, NULL);
    default:
        return media_live_push(live, &packet, now_us, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Last last = {{-1, -1}};
    const MediaLiveOptions options = {.name = "Fuzz"};
    const MediaLiveEvents events = {on_format, on_packet, on_warning, &last};
    gint64 now_us = 0, next_us = 0;
    g_autoptr(MediaLive) live = media_live_new(&options, &events, now_us, NULL);
    g_assert(live != NULL);
    for (int records = 0; size >= HEAD_BYTES && records < RECORDS_MAX; records++) {
        gsize length = MIN(data[3], size - HEAD_BYTES);
        if (!take(live, data, length, now_us) || !media_live_advance(live, now_us, &next_us, NULL))
            break;
        now_us += STEP_US;
        data += HEAD_BYTES + length;
        size -= HEAD_BYTES + length;
    }
    return 0;
}
