/* A show to measure on: a folder with cam_1.flac … cam_N.flac and truth.rttm, and what this
 * program hears in it. */
#pragma once
#include <glib.h>
#include <speech/gains.h>
#include <speech/mic.h>

typedef struct Span {
    gint64 start_ms, end_ms;
} Span;

typedef struct BenchShow {
    char *folder;
    int mics;
    gsize frames;                   /* of every mic; the shorter ones end in silence */
    SpeechFrame *heard;             /* [frame × mics + mic] */
    GArray *truth[SPEECH_MICS_MAX]; /* Span, sorted, as written */
    GArray *found[SPEECH_MICS_MAX]; /* Span, from bench_show_run() */
    GArray *edges;                  /* SpeechEdge, as they came */
    SpeechShareMic setting[SPEECH_MICS_MAX];
    float isolation_db;
    double listen_s; /* processor time of speech_mic_push() over all mics */
    double decide_s; /* of gains and share */
} BenchShow;

/* Decodes with the ffmpeg program and listens to every mic. */
BenchShow *bench_show_open(const char *folder, GError **error);
void bench_show_close(BenchShow *show);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BenchShow, bench_show_close)
/* Gains over the whole show, then who speaks. settings NULL: defaults. */
void bench_show_run(BenchShow *show, const SpeechShareSettings *settings);
/* One file as 48 kHz mono floats. */
GArray *bench_decode(const char *path, GError **error);
