/* The room as a WebAssembly module, for the console and for tests. An instance is one show: its
 * memory is static here, the host makes another instance for another show.
 *
 * The host writes SPEECH_FRAME_SAMPLES floats at input(mic) and calls listen(mic), which leaves
 * probability and level as two floats at frame(mic); or it writes these itself (frames kept from
 * before). Then gains_push() or share_push(t_ms) takes the frames of all mics. */
#include <speech/gains.h>
#include <speech/mic.h>
#include <speech/share.h>

#include "gains-private.h"
#include "listener-private.h"
#include "share-private.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

/* As the host reads it: 24 bytes. */
typedef struct WasmEdge {
    int32_t mic, start;
    double t_ms, edge_ms;
} WasmEdge;

static struct {
    int mics;
    float input[SPEECH_MICS_MAX][SPEECH_FRAME_SAMPLES];
    SpeechFrame frames[SPEECH_MICS_MAX];
    SpeechMic mic[SPEECH_MICS_MAX];
    SpeechShare share;
    SpeechGains gains;
    WasmEdge edges[2 * SPEECH_MICS_MAX];
    SpeechShareMic found[SPEECH_MICS_MAX];
    float isolation_db;
} show;

int EXPORT(init)(int mics);
float *EXPORT(input)(int mic);
SpeechFrame *EXPORT(frame)(int mic);
void EXPORT(listen)(int mic);
void EXPORT(gains_push)(void);
void EXPORT(gains_get)(void);
float EXPORT(gain_db)(int mic);
int EXPORT(silent)(int mic);
float EXPORT(isolation_db)(void);
void EXPORT(set_mic)(int mic, float gain, float priority, int never_speaks);
int EXPORT(share_push)(double t_ms);
int EXPORT(share_finish)(double t_ms);
WasmEdge *EXPORT(edges)(void);
float EXPORT(weight_db)(int mic);
int EXPORT(active)(int mic);

/* 1, or 0 when the number of mics is out of range. */
int init(int mics)
{
    if (speech_share_init(&show.share, mics, NULL) == NULL)
        return 0;
    speech_gains_init(&show.gains, mics);
    show.mics = mics;
    for (int i = 0; i < mics; i++) {
        speech_mic_init(&show.mic[i]);
        show.frames[i] = (SpeechFrame){0, SPEECH_LEVEL_MIN_DB};
    }
    return 1;
}

float *input(int mic)
{
    return show.input[mic];
}

SpeechFrame *frame(int mic)
{
    return &show.frames[mic];
}

void listen(int mic)
{
    show.frames[mic] = speech_mic_push(&show.mic[mic], show.input[mic]);
}

void gains_push(void)
{
    speech_gains_push(&show.gains, show.frames);
}

/* Read the result with gain_db(), silent() and isolation_db(). */
void gains_get(void)
{
    speech_gains_get(&show.gains, show.found, &show.isolation_db);
}

float gain_db(int mic)
{
    return show.found[mic].gain_db;
}

int silent(int mic)
{
    return show.found[mic].silent;
}

float isolation_db(void)
{
    return show.isolation_db;
}

void set_mic(int mic, float gain, float priority, int never_speaks)
{
    SpeechShareMic setting = {gain, priority, never_speaks != 0};
    speech_share_set_mic(&show.share, mic, setting);
}

static int give(const SpeechEdge *from, int count)
{
    for (int i = 0; i < count; i++)
        show.edges[i] =
            (WasmEdge){from[i].mic, from[i].start, (double)from[i].t_ms, (double)from[i].edge_ms};
    return count;
}

/* How many edges lie at edges(). */
int share_push(double t_ms)
{
    SpeechEdge found[2 * SPEECH_MICS_MAX];
    return give(found, speech_share_push(&show.share, show.frames, (int64_t)t_ms, found));
}

int share_finish(double t_ms)
{
    SpeechEdge found[2 * SPEECH_MICS_MAX];
    return give(found, speech_share_finish(&show.share, (int64_t)t_ms, found));
}

WasmEdge *edges(void)
{
    return show.edges;
}

float weight_db(int mic)
{
    return speech_share_weight_db(&show.share, mic);
}

int active(int mic)
{
    return speech_share_active(&show.share, mic);
}
