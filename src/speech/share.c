/* Who of those who hear a voice speaks: gain share between the mics, then hysteresis in time. */
#include <speech/share.h>
#include "maths-private.h"
#include "share-private.h"

/* How far behind the voice the detector is: it wants to have heard a little before it believes, and
 * then the room rings on. Medians on bench/data/speech and on synthetic shows of other rooms: 22–30
 * and 74–128 ms; of the second the part that every room has. */
enum { START_LATE_MS = 32, STOP_LATE_MS = 64, NOBODY = -1 };

void speech_share_defaults(SpeechShareSettings *settings)
{
    *settings = (SpeechShareSettings){
        .on_probability = 0.5f,
        .stay_probability = 0.25f,
        .on_share_db = -2.5f,
        .stay_share_db = -4.5f,
        .on_ms = 96,
        .off_ms = 448,
        .rise = 0.8f,
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

static float loudest_db(const SpeechShare *share, int except)
{
    float loudest = -400.0f;
    for (int i = 0; i < share->mics; i++) {
        const ShareMic *mic = &share->mic[i];
        if (i != except && !mic->setting.silent && relative_db(mic) > loudest)
            loudest = relative_db(mic);
    }
    return loudest;
}

/* 10 log10 of a / (a + b); the arguments in dB. */
static float part_db(float a_db, float b_db)
{
    float distance = speech_clamp(b_db - a_db, -100.0f, 100.0f);
    return -speech_db_of_power(1.0f + speech_power_of_db(distance));
}

/* With many mics everybody's share of all is small though one is clearly ahead. So the share of all
 * is for meters and mixes; who speaks is decided against the strongest other. */
static void share_out(SpeechShare *share)
{
    float loudest = loudest_db(share, NOBODY);
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
        mic->duel_db = part_db(relative_db(mic), loudest_db(share, i));
    }
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static SpeechEdge stop(SpeechShare *share, int index, int64_t edge_ms, int64_t t_ms)
{
    ShareMic *mic = &share->mic[index];
    mic->active = false;
    mic->held_frames = 0;
    mic->closed_ms = later(edge_ms, mic->edge_ms);
    return (SpeechEdge){.mic = index, .start = false, .t_ms = t_ms, .edge_ms = mic->closed_ms};
}

static bool wait_for_start(SpeechShare *share, int index, float probability, int64_t from_ms,
                           int64_t t_ms, SpeechEdge *edge)
{
    const SpeechShareSettings *settings = &share->settings;
    ShareMic *mic = &share->mic[index];
    if (mic->setting.silent || probability < settings->on_probability ||
        mic->duel_db < settings->on_share_db) {
        mic->held_frames = 0;
        return false;
    }
    if (mic->held_frames++ == 0)
        mic->edge_ms = later(from_ms - START_LATE_MS, later(mic->closed_ms, share->begin_ms));
    if (mic->held_frames * SPEECH_FRAME_MS < settings->on_ms)
        return false;
    *edge = (SpeechEdge){.mic = index, .start = true, .t_ms = t_ms, .edge_ms = mic->edge_ms};
    mic->active = true;
    mic->held_frames = 0;
    mic->heard_ms = t_ms;
    return true;
}

static bool wait_for_stop(SpeechShare *share, int index, float probability, int64_t t_ms,
                          SpeechEdge *edge)
{
    const SpeechShareSettings *settings = &share->settings;
    ShareMic *mic = &share->mic[index];
    if (!mic->setting.silent && probability >= settings->stay_probability &&
        mic->duel_db >= settings->stay_share_db) {
        mic->held_frames = 0;
        mic->heard_ms = t_ms;
        return false;
    }
    mic->held_frames++;
    if (mic->held_frames * SPEECH_FRAME_MS < settings->off_ms)
        return false;
    *edge = stop(share, index, mic->heard_ms - STOP_LATE_MS, t_ms);
    return true;
}

int speech_share_push(SpeechShare *share, const SpeechFrame *frames, int64_t t_ms,
                      SpeechEdge *edges)
{
    for (int i = 0; i < share->mics; i++)
        smooth_level(&share->mic[i], frames[i].level_db, &share->settings);
    share_out(share);
    int64_t from_ms = t_ms - SPEECH_FRAME_MS;
    if (!share->begun)
        share->begin_ms = from_ms;
    share->begun = true;
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
        const ShareMic *mic = &share->mic[i];
        /* Who is cut off in the middle of a word spoke to the end. */
        int64_t end_ms = mic->held_frames == 0 ? t_ms : mic->heard_ms - STOP_LATE_MS;
        if (mic->active)
            edges[count++] = stop(share, i, end_ms, t_ms);
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
