/* Any floats through a mic, and any frames through share and gains: nothing crashes, what comes out
 * is finite and in range, edges are in order.
 *
 * Input: one byte for the number of mics and the way, then 32-bit words as floats. */
#include <speech/gains.h>
#include <speech/mic.h>
#include <speech/share.h>

#include <glib.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Words {
    const uint8_t *data;
    size_t size, at;
} Words;

/* Goes round when the input is at its end, so that a short input fills a frame. */
static float next_float(Words *words)
{
    float value = 0;
    if (words->size < sizeof value)
        return 0;
    if (words->at + sizeof value > words->size)
        words->at = words->at + sizeof value - words->size;
    if (words->at + sizeof value > words->size)
        words->at = 0;
    memcpy(&value, words->data + words->at, sizeof value);
    words->at += sizeof value;
    return value;
}

static void check_frame(SpeechFrame frame)
{
    g_assert_true(frame.probability >= 0 && frame.probability <= 1);
    g_assert_true(frame.level_db >= SPEECH_LEVEL_MIN_DB && frame.level_db < 100);
}

static void fuzz_mic(Words *words)
{
    g_autofree void *memory = g_malloc(speech_mic_size());
    SpeechMic *mic = speech_mic_init(memory);
    float samples[SPEECH_FRAME_SAMPLES];
    for (int frame = 0; frame < 6; frame++) {
        for (int i = 0; i < SPEECH_FRAME_SAMPLES; i++)
            samples[i] = next_float(words);
        check_frame(speech_mic_push(mic, samples));
    }
    /* Whatever came before, silence is silence again. */
    memset(samples, 0, sizeof samples);
    SpeechFrame frame = speech_mic_push(mic, samples);
    for (int i = 0; i < 3; i++)
        frame = speech_mic_push(mic, samples);
    g_assert_true(frame.level_db == SPEECH_LEVEL_MIN_DB);
}

static void check_edges(const SpeechEdge *edges, int count, int mics, int64_t t_ms)
{
    g_assert_true(count <= 2 * mics);
    for (int i = 0; i < count; i++) {
        g_assert_true(edges[i].mic >= 0 && edges[i].mic < mics);
        g_assert_true(edges[i].t_ms == t_ms && edges[i].edge_ms <= t_ms);
    }
}

static void check_gains(const SpeechGains *gains, SpeechShare *share, int mics)
{
    SpeechShareMic found[SPEECH_MICS_MAX];
    float isolation_db = -1;
    speech_gains_get(gains, found, &isolation_db);
    g_assert_true(isolation_db >= 0 && isolation_db <= 200);
    for (int mic = 0; mic < mics; mic++) {
        g_assert_true(isfinite(found[mic].gain_db));
        speech_share_set_mic(share, mic, found[mic]);
    }
}

static void fuzz_room(Words *words, int mics)
{
    g_autofree void *gains_memory = g_malloc(speech_gains_size());
    g_autofree void *share_memory = g_malloc(speech_share_size());
    SpeechGains *gains = speech_gains_init(gains_memory, mics);
    SpeechShare *share = speech_share_init(share_memory, mics, NULL);
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    SpeechFrame frames[SPEECH_MICS_MAX];
    int64_t t_ms = 0;
    for (int at = 0; at < 400; at++) {
        for (int mic = 0; mic < mics; mic++) {
            frames[mic].probability = next_float(words);
            frames[mic].level_db = next_float(words);
        }
        t_ms += SPEECH_FRAME_MS;
        speech_gains_push(gains, frames);
        check_edges(edges, speech_share_push(share, frames, t_ms, edges), mics, t_ms);
        for (int mic = 0; mic < mics; mic++)
            g_assert_true(speech_share_weight_db(share, mic) <= 0);
        if (at == 200)
            check_gains(gains, share, mics);
        if (at == 300) {
            SpeechShareMic any = {next_float(words), next_float(words), false};
            speech_share_set_mic(share, at % mics, any);
        }
    }
    check_edges(edges, speech_share_finish(share, t_ms, edges), mics, t_ms);
    check_gains(gains, share, mics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    Words words = {.data = data + 1, .size = size - 1};
    fuzz_mic(&words);
    words.at = 0;
    fuzz_room(&words, 1 + data[0] % SPEECH_MICS_MAX);
    return 0;
}
