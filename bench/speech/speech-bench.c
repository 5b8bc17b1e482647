/* speech-bench [--events FOLDER] [--frames FOLDER] SHOWDIR…
 *
 * Who speaks in each show against its truth, and how fast that was found. --events writes
 * NAME.jsonl, the events as in a show's log; --frames writes NAME.f32, the number of mics (as a
 * float), then (probability, level) of each mic in each frame. */
#include "score.h"

#include <speech/share.h>

#include <stdio.h>

static char *events_folder;
static char *frames_folder;
static const GOptionEntry options[] = {
    {"events", 0, 0, G_OPTION_ARG_FILENAME, &events_folder, "write NAME.jsonl there", "FOLDER"},
    {"frames", 0, 0, G_OPTION_ARG_FILENAME, &frames_folder, "write NAME.f32 there", "FOLDER"},
    {NULL},
};

static char *path_in(const char *folder, const BenchShow *show, const char *ending)
{
    g_autofree char *base = g_path_get_basename(show->folder);
    g_autofree char *name = g_strconcat(base, ending, NULL);
    return g_build_filename(folder, name, NULL);
}

static gboolean write_events(const BenchShow *show, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < show->edges->len; i++) {
        const SpeechEdge *edge = &g_array_index(show->edges, SpeechEdge, i);
        g_string_append_printf(text,
                               "{\"t\":%" G_GINT64_FORMAT ",\"type\":\"%s\",\"source\":\"cam_%d\","
                               "\"edge_t\":%" G_GINT64_FORMAT "}\n",
                               edge->t_ms, edge->start ? "speaking_start" : "speaking_stop",
                               edge->mic + 1, edge->edge_ms);
    }
    g_autofree char *path = path_in(events_folder, show, ".jsonl");
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

static gboolean write_frames(const BenchShow *show, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    float mics = (float)show->mics;
    g_byte_array_append(bytes, (const guint8 *)&mics, sizeof mics);
    g_byte_array_append(bytes, (const guint8 *)show->heard,
                        (guint)(show->frames * (gsize)show->mics * sizeof(SpeechFrame)));
    g_autofree char *path = path_in(frames_folder, show, ".f32");
    return g_file_set_contents(path, (const char *)bytes->data, bytes->len, error);
}

static void print_mics(const BenchShow *show, const Score *score)
{
    for (int mic = 0; mic < show->mics; mic++)
        printf("    cam_%d gain %6.1f dB%s, falsely active %.2f %% of the time\n", mic + 1,
               show->setting[mic].gain_db, show->setting[mic].silent ? ", never speaks" : "",
               score->false_share[mic] * 100);
}

static void print_score(const BenchShow *show)
{
    Score score;
    score_show(show, &score);
    double sound_s = (double)show->frames * SPEECH_FRAME_MS / 1000;
    double mic_s = (show->listen_s + show->decide_s) / show->mics;
    printf("%s: F1 %.3f (precision %.3f, recall %.3f), %.2f false starts a minute, %d turns "
           "missed\n",
           show->folder, score.f1, score.precision, score.recall, score.false_starts_per_minute,
           score.missed);
    printf("    edges: onset p50 %.0f p90 %.0f ms, stop p50 %.0f p90 %.0f ms; isolation %.1f dB\n",
           score.onset_p50_ms, score.onset_p90_ms, score.stop_p50_ms, score.stop_p90_ms,
           show->isolation_db);
    print_mics(show, &score);
    printf("    speed: %.0f x real time a core for each mic (%.3f %% of a core live), deciding "
           "%.1f us a frame\n",
           sound_s / mic_s, 100 * mic_s / sound_s, show->decide_s * 1e6 / (double)show->frames);
}

static gboolean run(const char *folder, GError **error)
{
    g_autoptr(BenchShow) show = bench_show_open(folder, error);
    if (show == NULL)
        return FALSE;
    bench_show_run(show, NULL);
    print_score(show);
    return (events_folder == NULL || write_events(show, error)) &&
           (frames_folder == NULL || write_frames(show, error));
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("SHOWDIR…");
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2) {
        fprintf(stderr, "speech-bench: %s\n", error != NULL ? error->message : "name a show");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        if (!run(argv[i], &error)) {
            fprintf(stderr, "speech-bench: %s\n", error->message);
            return 1;
        }
    }
    return 0;
}
