#include "show.h"

#include <speech/share.h>

#include <gio/gio.h>
#include <string.h>
#include <time.h>

static double processor_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

GArray *bench_decode(const char *path, GError **error)
{
    const char *arguments[] = {"ffmpeg", "-v",    "error", "-i",    path,     "-ac", "1",
                               "-ar",    "48000", "-f",    "f32le", "pipe:1", NULL};
    g_autoptr(GSubprocess) ffmpeg =
        g_subprocess_newv(arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
    if (ffmpeg == NULL)
        return NULL;
    g_autoptr(GBytes) bytes = NULL;
    if (!g_subprocess_communicate(ffmpeg, NULL, NULL, &bytes, NULL, error))
        return NULL;
    if (!g_subprocess_get_successful(ffmpeg)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: ffmpeg could not decode it", path);
        return NULL;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    GArray *samples = g_array_new(FALSE, FALSE, sizeof(float));
    g_array_append_vals(samples, data, (guint)(size / sizeof(float)));
    return samples;
}

/* "SPEAKER show 1 1.51 4.16 <NA> <NA> cam_1 <NA> <NA>" */
static gboolean read_truth_line(BenchShow *show, const char *line)
{
    g_auto(GStrv) parts = g_strsplit_set(line, " \t", -1);
    if (g_strv_length(parts) < 8 || !g_str_has_prefix(parts[7], "cam_"))
        return FALSE;
    gint64 mic = g_ascii_strtoll(parts[7] + 4, NULL, 10) - 1;
    if (mic < 0 || mic >= SPEECH_MICS_MAX)
        return FALSE;
    double start_s = g_ascii_strtod(parts[3], NULL);
    Span span = {.start_ms = (gint64)(start_s * 1000 + 0.5)};
    span.end_ms = span.start_ms + (gint64)(g_ascii_strtod(parts[4], NULL) * 1000 + 0.5);
    g_array_append_val(show->truth[mic], span);
    return TRUE;
}

static int compare_spans(gconstpointer a, gconstpointer b)
{
    gint64 difference = ((const Span *)a)->start_ms - ((const Span *)b)->start_ms;
    return (difference > 0) - (difference < 0);
}

static gboolean read_truth(BenchShow *show, GError **error)
{
    g_autofree char *path = g_build_filename(show->folder, "truth.rttm", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0' && !read_truth_line(show, *line)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: not understood: %s", path,
                        *line);
            return FALSE;
        }
    }
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++)
        g_array_sort(show->truth[mic], compare_spans);
    return TRUE;
}

static GArray *listen(BenchShow *show, const char *path, GError **error)
{
    g_autoptr(GArray) samples = bench_decode(path, error);
    if (samples == NULL)
        return NULL;
    gsize frames = samples->len / SPEECH_FRAME_SAMPLES;
    GArray *heard = g_array_sized_new(FALSE, FALSE, sizeof(SpeechFrame), (guint)frames);
    g_autofree void *memory = g_malloc(speech_mic_size());
    SpeechMic *mic = speech_mic_init(memory);
    double start_s = processor_s();
    for (gsize i = 0; i < frames; i++) {
        SpeechFrame frame =
            speech_mic_push(mic, &g_array_index(samples, float, i *SPEECH_FRAME_SAMPLES));
        g_array_append_val(heard, frame);
    }
    show->listen_s += processor_s() - start_s;
    return heard;
}

static void interleave(BenchShow *show, GPtrArray *heard)
{
    for (guint mic = 0; mic < heard->len; mic++)
        show->frames = MAX(show->frames, ((GArray *)heard->pdata[mic])->len);
    show->mics = (int)heard->len;
    show->heard = g_new(SpeechFrame, show->frames * heard->len + 1);
    for (gsize at = 0; at < show->frames; at++) {
        for (guint mic = 0; mic < heard->len; mic++) {
            GArray *one = heard->pdata[mic];
            SpeechFrame none = {0, SPEECH_LEVEL_MIN_DB};
            show->heard[at * heard->len + mic] =
                at < one->len ? g_array_index(one, SpeechFrame, at) : none;
        }
    }
}

static gboolean listen_to_all(BenchShow *show, GError **error)
{
    g_autoptr(GPtrArray) heard = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++) {
        g_autofree char *name = g_strdup_printf("cam_%d.flac", mic + 1);
        g_autofree char *path = g_build_filename(show->folder, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            break;
        GArray *one = listen(show, path, error);
        if (one == NULL)
            return FALSE;
        g_ptr_array_add(heard, one);
    }
    if (heard->len == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no cam_1.flac", show->folder);
        return FALSE;
    }
    interleave(show, heard);
    return TRUE;
}

BenchShow *bench_show_open(const char *folder, GError **error)
{
    BenchShow *show = g_new0(BenchShow, 1);
    show->folder = g_strdup(folder);
    show->edges = g_array_new(FALSE, FALSE, sizeof(SpeechEdge));
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++) {
        show->truth[mic] = g_array_new(FALSE, FALSE, sizeof(Span));
        show->found[mic] = g_array_new(FALSE, FALSE, sizeof(Span));
    }
    if (!read_truth(show, error) || !listen_to_all(show, error)) {
        bench_show_close(show);
        return NULL;
    }
    return show;
}

void bench_show_close(BenchShow *show)
{
    if (show == NULL)
        return;
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++) {
        g_array_unref(show->truth[mic]);
        g_array_unref(show->found[mic]);
    }
    g_array_unref(show->edges);
    g_free(show->heard);
    g_free(show->folder);
    g_free(show);
}

static void estimate_gains(BenchShow *show)
{
    g_autofree void *memory = g_malloc(speech_gains_size());
    SpeechGains *gains = speech_gains_init(memory, show->mics);
    for (gsize at = 0; at < show->frames; at++)
        speech_gains_push(gains, show->heard + at * (gsize)show->mics);
    speech_gains_get(gains, show->setting, &show->isolation_db);
}

static void take_edges(BenchShow *show, const SpeechEdge *edges, int count)
{
    g_array_append_vals(show->edges, edges, (guint)count);
    for (int i = 0; i < count; i++) {
        GArray *found = show->found[edges[i].mic];
        if (edges[i].start) {
            Span span = {edges[i].edge_ms, edges[i].edge_ms};
            g_array_append_val(found, span);
        } else {
            g_array_index(found, Span, found->len - 1).end_ms = edges[i].edge_ms;
        }
    }
}

static void share_out(BenchShow *show, const SpeechShareSettings *settings)
{
    g_autofree void *memory = g_malloc(speech_share_size());
    SpeechShare *share = speech_share_init(memory, show->mics, settings);
    for (int mic = 0; mic < show->mics; mic++)
        speech_share_set_mic(share, mic, show->setting[mic]);
    SpeechEdge edges[2 * SPEECH_MICS_MAX];
    gint64 t_ms = 0;
    for (gsize at = 0; at < show->frames; at++) {
        t_ms += SPEECH_FRAME_MS;
        int count = speech_share_push(share, show->heard + at * (gsize)show->mics, t_ms, edges);
        take_edges(show, edges, count);
    }
    take_edges(show, edges, speech_share_finish(share, t_ms, edges));
}

void bench_show_run(BenchShow *show, const SpeechShareSettings *settings)
{
    g_array_set_size(show->edges, 0);
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++)
        g_array_set_size(show->found[mic], 0);
    double start_s = processor_s();
    estimate_gains(show);
    share_out(show, settings);
    show->decide_s = processor_s() - start_s;
}
