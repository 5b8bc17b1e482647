/* The whole chain on raw files, as bytes, to compare builds with: chain MIC.f32… (48 kHz mono
 * floats). Writes for every frame each mic's probability and level; then each mic's gain and
 * whether it is silent, and the isolation; then every edge as mic, start (32-bit) and t, edge
 * (doubles). Ends with the shortest file. */
#include <speech/gains.h>
#include <speech/mic.h>
#include <speech/share.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct Chain {
    int mics;
    FILE *files[SPEECH_MICS_MAX];
    SpeechMic *mic[SPEECH_MICS_MAX];
    SpeechGains *gains;
    SpeechShare *share;
    SpeechFrame *kept;
    size_t frames;
} Chain;

static void *allocate(size_t bytes)
{
    void *memory = aligned_alloc(16, (bytes + 15) / 16 * 16);
    if (memory == NULL)
        exit(1);
    return memory;
}

static void put(const void *data, size_t bytes)
{
    if (fwrite(data, bytes, 1, stdout) != 1)
        exit(1);
}

static int listen_once(Chain *chain)
{
    SpeechFrame frames[SPEECH_MICS_MAX];
    for (int i = 0; i < chain->mics; i++) {
        float samples[SPEECH_FRAME_SAMPLES];
        if (fread(samples, sizeof samples, 1, chain->files[i]) != 1)
            return 0;
        frames[i] = speech_mic_push(chain->mic[i], samples);
    }
    size_t row = (size_t)chain->mics * sizeof(SpeechFrame);
    chain->kept = realloc(chain->kept, (chain->frames + 1) * row);
    if (chain->kept == NULL)
        exit(1);
    for (int i = 0; i < chain->mics; i++)
        chain->kept[chain->frames * (size_t)chain->mics + (size_t)i] = frames[i];
    chain->frames++;
    speech_gains_push(chain->gains, frames);
    put(frames, row);
    return 1;
}

static void put_gains(Chain *chain)
{
    SpeechShareMic mics[SPEECH_MICS_MAX];
    float isolation_db = 0;
    speech_gains_get(chain->gains, mics, &isolation_db);
    for (int i = 0; i < chain->mics; i++) {
        float line[2] = {mics[i].gain_db, mics[i].silent ? 1.0f : 0.0f};
        put(line, sizeof line);
        speech_share_set_mic(chain->share, i, mics[i]);
    }
    put(&isolation_db, sizeof isolation_db);
}

static void put_edges(const SpeechEdge *edges, int count)
{
    for (int i = 0; i < count; i++) {
        int32_t head[2] = {edges[i].mic, edges[i].start};
        double times[2] = {(double)edges[i].t_ms, (double)edges[i].edge_ms};
        put(head, sizeof head);
        put(times, sizeof times);
    }
}

static void share_out(Chain *chain)
{
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    int64_t t_ms = 0;
    for (size_t at = 0; at < chain->frames; at++) {
        t_ms += SPEECH_FRAME_MS;
        const SpeechFrame *frames = chain->kept + at * (size_t)chain->mics;
        put_edges(edges, speech_share_push(chain->share, frames, t_ms, edges));
    }
    put_edges(edges, speech_share_finish(chain->share, t_ms, edges));
}

int main(int argc, char **argv)
{
    Chain chain = {.mics = argc - 1};
    if (argc < 2 || argc - 1 > SPEECH_MICS_MAX)
        return 2;
    for (int i = 0; i < chain.mics; i++) {
        chain.files[i] = fopen(argv[i + 1], "rb");
        if (chain.files[i] == NULL)
            return 1;
        chain.mic[i] = speech_mic_init(allocate(speech_mic_size()));
    }
    chain.gains = speech_gains_init(allocate(speech_gains_size()), chain.mics);
    chain.share = speech_share_init(allocate(speech_share_size()), chain.mics, NULL);
    while (listen_once(&chain))
        continue;
    put_gains(&chain);
    share_out(&chain);
    free(chain.kept);
    free(chain.gains);
    free(chain.share);
    for (int i = 0; i < chain.mics; i++) {
        free(chain.mic[i]);
        fclose(chain.files[i]);
    }
    return 0;
}
