/* Frames: the packets of a program on their way from the console to those who watch. One frame is one
 * message of the console's WebSocket (docs/API.md); on descriptors four bytes of length stand before
 * each (live/pipe.h).
 *
 *   0  version    1
 *   1  type       1 configuration, 2 packet; 16 and above only between our own processes
 *   2  flags      1: a keyframe
 *   3  stream     1 picture, 2 sound; 0 of our own
 *   4  duration   µs, 32 bits
 *   8  time       µs on the session clock, 64 bits
 *  16  body       a packet as its encoder gave it; or a configuration:
 *        codec's length (8 bits) and name, width and height (16 bits each), frames in 100 s (16 bits),
 *        description: avcC, OpusHead
 *
 * Numbers are big-endian. A configuration stands before the first packet of its stream, and before
 * the first that has another one. Threads: any, no shared state. */
#pragma once
#include <live/error.h>

enum {
    LIVE_FRAME_VERSION = 1,
    LIVE_FRAME_HEAD_BYTES = 16,
    LIVE_FRAME_BYTES_MAX = 4 << 20, /* a keyframe of 100 Mbit/s is 2 MB at most */
    LIVE_CODEC_BYTES_MAX = 63,
};

typedef enum {
    LIVE_FRAME_UNSET = 0,
    LIVE_FRAME_CONFIG,
    LIVE_FRAME_PACKET,
    LIVE_FRAME_OWN,           /* from here on: between our own processes */
    LIVE_FRAME_SETTINGS = 16, /* server to feed: JSON */
    LIVE_FRAME_OUTPUT,        /* server to feed: a descriptor comes along, where a sender listens */
    LIVE_FRAME_END,           /* server to feed, feed to sender: nothing comes any more */
} LiveFrameType;

typedef enum { LIVE_STREAM_NONE = 0, LIVE_STREAM_PICTURE, LIVE_STREAM_SOUND } LiveStream;

typedef struct LiveFrame {
    LiveFrameType type;
    LiveStream stream;
    gboolean is_key;
    guint32 duration_us;
    gint64 t_us;
    const guint8 *body; /* borrowed from the bytes that were read */
    gsize length;
} LiveFrame;

/* What stands in front of a stream's packets. */
typedef struct LiveConfig {
    char codec[LIVE_CODEC_BYTES_MAX + 1]; /* as WebCodecs names it: "avc1.42001f", "vp8", "opus" */
    guint width, height;                  /* 0 of sound */
    guint rate_centi;                     /* frames in 100 s; 0: not known */
    const guint8 *description;            /* borrowed; may be empty */
    gsize description_length;
} LiveConfig;

/* A frame of a client: configurations (whole ones) and packets. LIVE_ERROR_FORMAT says what is wrong
 * with it. */
gboolean live_frame_read(LiveFrame *frame, const guint8 *bytes, gsize length, GError **error);
/* The same, and those between our own processes. */
gboolean live_frame_read_own(LiveFrame *frame, const guint8 *bytes, gsize length, GError **error);
GBytes *live_frame_write(const LiveFrame *frame) G_GNUC_WARN_UNUSED_RESULT;

/* Of a frame that was read and is a configuration. */
gboolean live_config_read(LiveConfig *config, const LiveFrame *frame, GError **error);
GBytes *live_config_write(LiveStream stream, const LiveConfig *config) G_GNUC_WARN_UNUSED_RESULT;
