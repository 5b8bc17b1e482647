/* Who of those who hear a voice speaks: gain share between the mics, then hysteresis in time. */
#include <speech/share.h>
#include "maths-private.h"

typedef struct ShareMic {
    SpeechShareMic setting;
    float smooth_db;
    float weight_db;
    bool active;
    int held_frames;   /* not active: frames in a row that would start; active: that would stop */
    int64_t edge_ms;   /* start of the first of those frames; active: end of the last speech */
    int64_t closed_ms; /* the edge of the last stop: the next start is not before */
} ShareMic;

struct SpeechShare {
    SpeechShareSettings settings;
    int mics;
    int64_t last_ms;
    bool begun;
    ShareMic mic[SPEECH_MICS_MAX];
};

void speech_share_defaults(SpeechShareSettings *settings)
{
    *settings = (SpeechShareSettings){
        .on_probability = 0.5f,
        .stay_probability = 0.35f,
        .on_share_db = -3.0f,
        .stay_share_db = -6.0f,
        .on_ms = 96,
        .off_ms = 288,
        .rise = 0.6f,
        .fall = 0.15f,
    };
}

size_t speech_share_size(void)
{
    return sizeof(SpeechShare);
}

SpeechShare *speech_share_init(void *memory, int mics, const SpeechShareSettings *settings)
{
    if (mics < 1 || mics > SPEECH_MICS_MAX)
        return NULL;
    SpeechShare *share = memory;
    *share = (SpeechShare){.mics = mics};
    if (settings != NULL)
        share->settings = *settings;
    else
        speech_share_defaults(&share->settings);
    for (int i = 0; i < mics; i++) {
        share->mic[i].smooth_db = SPEECH_LEVEL_MIN_DB;
        share->mic[i].closed_ms = INT64_MIN;
    }
    return share;
}

void speech_share_set_mic(SpeechShare *share, int mic, SpeechShareMic setting)
{
    share->mic[mic].setting = setting;
}

static void smooth_level(ShareMic *mic, float level_db, const SpeechShareSettings *settings)
{
    float level = speech_clamp(level_db, SPEECH_LEVEL_MIN_DB, 100.0f);
    float step = level > mic->smooth_db ? settings->rise : settings->fall;
    mic->smooth_db += (level - mic->smooth_db) * step;
}

static float relative_db(const ShareMic *mic)
{
    float level = mic->smooth_db - mic->setting.gain_db + mic->setting.priority_db;
    return speech_clamp(level, -300.0f, 300.0f);
}

static void share_out(SpeechShare *share)
{
    float loudest = -400.0f;
    for (int i = 0; i < share->mics; i++) {
        if (!share->mic[i].setting.silent && relative_db(&share->mic[i]) > loudest)
            loudest = relative_db(&share->mic[i]);
    }
    float sum = 0.0f;
    for (int i = 0; i < share->mics; i++) {
        if (!share->mic[i].setting.silent)
            sum += speech_power_of_db(relative_db(&share->mic[i]) - loudest);
    }
    float all_db = loudest + speech_db_of_power(sum);
    for (int i = 0; i < share->mics; i++) {
        ShareMic *mic = &share->mic[i];
        float weight = mic->setting.silent ? SPEECH_LEVEL_MIN_DB : relative_db(mic) - all_db;
        mic->weight_db = speech_clamp(weight, SPEECH_LEVEL_MIN_DB, 0.0f);
    }
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static SpeechEdge stop(SpeechShare *share, int index, int64_t t_ms)
{
    ShareMic *mic = &share->mic[index];
    mic->active = false;
    mic->held_frames = 0;
    mic->closed_ms = mic->edge_ms;
    return (SpeechEdge){.mic = index, .start = false, .t_ms = t_ms, .edge_ms = mic->edge_ms};
}

static bool wait_for_start(SpeechShare *share, int index, float probability, int64_t from_ms,
                           int64_t t_ms, SpeechEdge *edge)
{
    const SpeechShareSettings *settings = &share->settings;
    ShareMic *mic = &share->mic[index];
    if (mic->setting.silent || probability < settings->on_probability ||
        mic->weight_db < settings->on_share_db) {
        mic->held_frames = 0;
        return false;
    }
    if (mic->held_frames++ == 0)
        mic->edge_ms = later(from_ms, mic->closed_ms);
    if (mic->held_frames * SPEECH_FRAME_MS < settings->on_ms)
        return false;
    *edge = (SpeechEdge){.mic = index, .start = true, .t_ms = t_ms, .edge_ms = mic->edge_ms};
    mic->active = true;
    mic->held_frames = 0;
    mic->edge_ms = t_ms;
    return true;
}

static bool wait_for_stop(SpeechShare *share, int index, float probability, int64_t t_ms,
                          SpeechEdge *edge)
{
    const SpeechShareSettings *settings = &share->settings;
    ShareMic *mic = &share->mic[index];
    if (!mic->setting.silent && probability >= settings->stay_probability &&
        mic->weight_db >= settings->stay_share_db) {
        mic->held_frames = 0;
        mic->edge_ms = t_ms;
        return false;
    }
    mic->held_frames++;
    if (mic->held_frames * SPEECH_FRAME_MS < settings->off_ms)
        return false;
    *edge = stop(share, index, t_ms);
    return true;
}

int speech_share_push(SpeechShare *share, const SpeechFrame *frames, int64_t t_ms,
                      SpeechEdge *edges)
{
    for (int i = 0; i < share->mics; i++)
        smooth_level(&share->mic[i], frames[i].level_db, &share->settings);
    share_out(share);
    int64_t from_ms = t_ms - SPEECH_FRAME_MS;
    int count = 0;
    for (int i = 0; i < share->mics; i++) {
        float probability = speech_clamp(frames[i].probability, 0.0f, 1.0f);
        bool edge = share->mic[i].active
                        ? wait_for_stop(share, i, probability, t_ms, &edges[count])
                        : wait_for_start(share, i, probability, from_ms, t_ms, &edges[count]);
        count += edge ? 1 : 0;
    }
    return count;
}

int speech_share_finish(SpeechShare *share, int64_t t_ms, SpeechEdge *edges)
{
    int count = 0;
    for (int i = 0; i < share->mics; i++) {
        if (share->mic[i].active)
            edges[count++] = stop(share, i, t_ms);
    }
    return count;
}

float speech_share_weight_db(const SpeechShare *share, int mic)
{
    return share->mic[mic].weight_db;
}

bool speech_share_active(const SpeechShare *share, int mic)
{
    return share->mic[mic].active;
}
