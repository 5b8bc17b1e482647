/* The share says who speaks a little late; what is not live need not wait. Decisions are kept for
 * AHEAD frames before they count, and an edge is written back to where it was in the sound. */
#include "openness-private.h"

#include <math.h>

enum {
    AHEAD = 32,     /* frames between hearing and counting: 1 s, more than any edge is late */
    SETTLE = 625,   /* frames heard before the first that counts: 20 s */
    OPEN_MS = 80,   /* opened this much before the voice begins … */
    CLOSE_MS = 100, /* … and no longer wanted this much after it ends */
};
#define SWITCH_DB 4.0f /* of two who speak, the other must have this much more of the share */

typedef struct Moment {
    guint active; /* a bit for each voice */
    float share_db[SPEECH_MICS_MAX];
} Moment;

struct MediaOpenness {
    const MediaListener *listener;
    int voices;
    MediaSessionFrames *frames;
    SpeechShare *share;
    gint64 heard; /* next session frame to hear */
    gint64 next;  /* next to decide */
    int open;     /* -1: none */
    Moment ring[2 * AHEAD];
};

static Moment *moment_at(MediaOpenness *self, gint64 frame)
{
    return &self->ring[frame % (2 * AHEAD)];
}

/* ---- hearing ---- */

/* From the voice's beginning to now it speaks; or: from its end to now it does not. */
static void write_back(MediaOpenness *self, const SpeechEdge *edge, gint64 now)
{
    gint64 from_ms = edge->edge_ms + (edge->start ? -OPEN_MS : CLOSE_MS);
    gint64 from = CLAMP(from_ms / SPEECH_FRAME_MS, MAX(now - AHEAD, self->next), now);
    guint bit = 1U << (guint)edge->mic;
    for (gint64 frame = MAX(from, 0); frame <= now; frame++) {
        Moment *moment = moment_at(self, frame);
        moment->active = edge->start ? moment->active | bit : moment->active & ~bit;
    }
}

static gboolean hear(MediaOpenness *self, GError **error)
{
    gint64 now = self->heard;
    SpeechFrame frames[SPEECH_MICS_MAX];
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    if (!media_session_frames_get(self->frames, now, frames, error))
        return FALSE;
    int n = speech_share_push(self->share, frames, (now + 1) * SPEECH_FRAME_MS, edges);
    Moment *moment = moment_at(self, now);
    moment->active = 0;
    for (int i = 0; i < self->voices; i++) {
        moment->share_db[i] = speech_share_weight_db(self->share, i);
        if (speech_share_active(self->share, i))
            moment->active |= 1U << (guint)i;
    }
    for (int i = 0; i < n; i++)
        write_back(self, &edges[i], now);
    self->heard++;
    return TRUE;
}

/* ---- deciding ---- */

static gboolean covers(const MediaOpenness *self, int voice, gint64 frame)
{
    return media_session_frames_cover(self->frames, voice, frame);
}

/* Of those who speak the one with most of the share; who is open already keeps it until another
 * has clearly more. */
static int strongest(MediaOpenness *self, gint64 frame)
{
    const Moment *moment = moment_at(self, frame);
    int best = -1;
    float best_db = 0;
    for (int i = 0; i < self->voices; i++) {
        if (!(moment->active & 1U << (guint)i) || !covers(self, i, frame))
            continue;
        float share_db = moment->share_db[i] + (i == self->open ? SWITCH_DB : 0);
        if (best < 0 || share_db > best_db) {
            best = i;
            best_db = share_db;
        }
    }
    return best;
}

/* Nobody speaks and nobody's mic is open: rather one whose person speaks at all. */
static int any_covering(const MediaOpenness *self, gint64 frame)
{
    int found = -1;
    for (int i = 0; i < self->voices; i++) {
        if (!covers(self, i, frame))
            continue;
        if (!self->listener->voice[i].mic.silent)
            return i;
        if (found < 0)
            found = i;
    }
    return found;
}

gboolean media_openness_next(MediaOpenness *self, int *voice, GError **error)
{
    *voice = -1;
    if (self->voices == 0)
        return TRUE;
    while (self->heard < self->next + AHEAD)
        if (!hear(self, error))
            return FALSE;
    int best = strongest(self, self->next);
    if (best >= 0)
        self->open = best;
    else if (self->open < 0 || !covers(self, self->open, self->next))
        self->open = any_covering(self, self->next);
    *voice = self->open;
    self->next++;
    return TRUE;
}

/* ---- new and free ---- */

/* So that whoever spoke last before the beginning is open at it. */
static gboolean settle(MediaOpenness *self, gint64 first, GError **error)
{
    self->heard = self->next = MAX(0, first - SETTLE);
    int voice = -1;
    while (self->next < first)
        if (!media_openness_next(self, &voice, error))
            return FALSE;
    return TRUE;
}

MediaOpenness *media_openness_new(const MediaListener *listener, gint64 first, GError **error)
{
    g_autoptr(MediaOpenness) self = g_new0(MediaOpenness, 1);
    self->listener = listener;
    self->voices = listener != NULL ? listener->voices : 0;
    self->open = -1;
    if (self->voices == 0)
        return g_steal_pointer(&self);
    self->frames = media_session_frames_new(listener);
    self->share = speech_share_init(g_malloc(speech_share_size()), self->voices, NULL);
    for (int i = 0; i < self->voices; i++)
        speech_share_set_mic(self->share, i, listener->voice[i].mic);
    if (!settle(self, first, error))
        return NULL;
    return g_steal_pointer(&self);
}

void media_openness_free(MediaOpenness *self)
{
    if (self == NULL)
        return;
    media_session_frames_free(self->frames);
    g_free(self->share);
    g_free(self);
}
