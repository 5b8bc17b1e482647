/* What the program's sound promises: loudness, peaks, silence, no clicks, no echo. */
#include "make-sound.h"

#include <ebur128.h>
#include <media/error.h>
#include <media/mix.h>
#include <string.h>

enum { HZ = MEDIA_SOUND_HZ, MICS = 3 };

static const MediaMixSettings usual = {.loudness_lufs = -16, .peak_dbtp = -1};

/* ---- a room with microphones ---- */

static GPtrArray *people(int n)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (int i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("cam_%d", i + 1);
        g_ptr_array_add(sources, show_source_new(id, id, SHOW_ROLE_PERSON));
    }
    return sources;
}

/* Everybody has a microphone of their own. */
static MediaListener *listen_to(const char *const *paths, int n, const ShowClock *clocks)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaListener) listener = media_listen(paths, n, NULL, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) sources = people(n);
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)show_event_free);
    MediaAlignment alignments[MICS] = {0};
    int mics[MICS];
    for (int i = 0; i < n; i++) {
        alignments[i].clock = clocks != NULL ? clocks[i] : (ShowClock){0, 0};
        mics[i] = i;
    }
    float isolation_db = 0;
    g_assert_true(
        media_speech_events(listener, sources, alignments, mics, events, &isolation_db, &error));
    g_assert_no_error(error);
    return g_steal_pointer(&listener);
}

/* 24 s of three people who talk, heard once for all tests. */
enum { TALK_S = 24 };
static Folder *talk_folder;
static char *talk_paths[MICS];
static MediaListener *talk;

static void prepare_talk(void)
{
    talk_folder = make_folder();
    for (int i = 0; i < MICS; i++) {
        g_autofree char *from = g_strdup_printf("cam_%d.flac", i + 1);
        g_autofree char *speech = bench_file("dev_close", from);
        run_ffmpeg(talk_folder, "-ss 20 -t %d -i %s -ar 48000 talk-%d.wav", TALK_S, speech, i);
        g_autofree char *name = g_strdup_printf("talk-%d.wav", i);
        talk_paths[i] = g_build_filename(talk_folder, name, NULL);
    }
    talk = listen_to((const char *const *)talk_paths, MICS, NULL);
}

static void forget_talk(void)
{
    media_listener_free(talk);
    remove_folder(talk_folder);
    for (int i = 0; i < MICS; i++)
        g_free(talk_paths[i]);
}

static void talk_sources(MediaMixSource *sources)
{
    for (int i = 0; i < MICS; i++)
        sources[i] = (MediaMixSource){.path = talk_paths[i], .frames = i};
}

/* ---- mixing ---- */

static MediaMix *open_mix(const MediaMixSource *sources, int n, MediaListener *listener,
                          MediaMixSettings settings, double start_s, double duration_s)
{
    g_autoptr(GError) error = NULL;
    MediaMix *mix =
        media_mix_new(sources, n, listener, &settings, start_s, duration_s, NULL, NULL, &error);
    g_assert_no_error(error);
    return mix;
}

/* Stereo floats; every one finite, both channels alike. */
static GArray *read_mix(MediaMix *mix, gsize block_frames)
{
    g_autoptr(GError) error = NULL;
    GArray *all = g_array_new(FALSE, FALSE, sizeof(float));
    g_autofree float *block = g_new(float, 2 * block_frames);
    gssize got = 0;
    while ((got = media_mix_read(mix, block, block_frames, &error)) > 0)
        g_array_append_vals(all, block, (guint)got * 2);
    g_assert_no_error(error);
    g_assert_cmpint(media_mix_read(mix, block, block_frames, &error), ==, 0);
    for (guint i = 0; i < all->len; i += 2) {
        g_assert_true(isfinite(floats(all)[i]));
        g_assert_true(floats(all)[i] == floats(all)[i + 1]);
    }
    return all;
}

/* One channel of the whole mix, and the gain that its loudness asked for. */
static GArray *mix_all(const MediaMixSource *sources, int n, MediaListener *listener,
                       MediaMixSettings settings, double start_s, double duration_s, double *gain)
{
    g_autoptr(MediaMix) mix = open_mix(sources, n, listener, settings, start_s, duration_s);
    g_autoptr(GArray) stereo = read_mix(mix, 4096);
    g_assert_cmpuint(stereo->len, ==, 2 * (guint)llrint(duration_s * HZ));
    if (gain != NULL)
        *gain = pow(10, media_mix_gain_db(mix) / 20);
    GArray *mono = g_array_sized_new(FALSE, FALSE, sizeof(float), stereo->len / 2);
    for (guint i = 0; i < stereo->len; i += 2)
        g_array_append_val(mono, floats(stereo)[i]);
    return mono;
}

/* A file of one channel as the only sound there is. */
static GArray *mix_file(const char *folder, const char *name, MediaMixSettings settings,
                        double duration_s, double *gain)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    MediaMixSource source = {.path = path, .frames = -1};
    return mix_all(&source, 1, NULL, settings, 0, duration_s, gain);
}

static void write_sine(const char *folder, const char *name, double hz, double peak, double s)
{
    gsize n = (gsize)(s * HZ);
    g_autofree float *frames = g_new(float, n);
    for (gsize i = 0; i < n; i++)
        frames[i] = (float)(peak * sin(2 * G_PI * hz * (double)i / HZ));
    write_wav(folder, name, frames, n, 1, HZ);
}

/* ---- measuring, by the library, in stereo as it is played ---- */

static void measure(const GArray *mono, double *loudness_lufs, double *peak_dbtp)
{
    ebur128_state *state = ebur128_init(2, HZ, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    for (guint i = 0; i < mono->len; i++) {
        float both[2] = {floats(mono)[i], floats(mono)[i]};
        g_assert_cmpint(ebur128_add_frames_float(state, both, 1), ==, EBUR128_SUCCESS);
    }
    double peak = 0;
    g_assert_cmpint(ebur128_loudness_global(state, loudness_lufs), ==, EBUR128_SUCCESS);
    g_assert_cmpint(ebur128_true_peak(state, 0, &peak), ==, EBUR128_SUCCESS);
    *peak_dbtp = 20 * log10(peak);
    ebur128_destroy(&state);
}

/* Size of this frequency within n samples. */
static double size_of(const float *samples, gsize n, double hz)
{
    double in = 0, across = 0;
    for (gsize i = 0; i < n; i++) {
        double at = 2 * G_PI * hz * (double)i / HZ;
        in += (double)samples[i] * cos(at);
        across += (double)samples[i] * sin(at);
    }
    return 2 * hypot(in, across) / (double)n;
}

static double largest_step(const float *samples, gsize n)
{
    double most = 0;
    for (gsize i = 1; i < n; i++)
        most = MAX(most, fabs((double)samples[i] - (double)samples[i - 1]));
    return most;
}

/* ---- loudness and peaks ---- */

static void test_loudness(void)
{
    static const double wanted_lufs[] = {-16, -23};
    MediaMixSource sources[MICS];
    talk_sources(sources);
    for (gsize i = 0; i < G_N_ELEMENTS(wanted_lufs); i++) {
        MediaMixSettings settings = {.loudness_lufs = wanted_lufs[i], .peak_dbtp = -1};
        g_autoptr(GArray) mono = mix_all(sources, MICS, talk, settings, 0, TALK_S, NULL);
        double loudness_lufs = 0, peak_dbtp = 0;
        measure(mono, &loudness_lufs, &peak_dbtp);
        g_test_message("wanted %g: %.2f LUFS, %.2f dBTP", wanted_lufs[i], loudness_lufs, peak_dbtp);
        g_assert_cmpfloat_with_epsilon(loudness_lufs, wanted_lufs[i], 0.1);
        g_assert_cmpfloat(peak_dbtp, <=, -1);
    }
}

/* Quiet noise with what is worst for a limiter: single samples, a step, and a tone whose peaks all
 * lie between two samples. */
static void write_peaks(const char *folder, const char *name, gsize n)
{
    g_autoptr(GArray) made = make_noise(n, 21);
    float *frames = (float *)(void *)made->data;
    for (gsize i = 0; i < n; i++)
        frames[i] *= 0.02f;
    for (gsize i = 5000; i < n; i += 7919)
        frames[i] = i % 2 ? 1 : -1;
    for (gsize i = 0; i < 400; i++) {
        frames[n / 3 + i] += 0.9f;
        frames[n / 2 + i] = (float)sin(G_PI / 2 * (double)i + G_PI / 4);
    }
    write_wav(folder, name, frames, n, 1, HZ);
}

static void test_peaks(void)
{
    static const MediaMixSettings cases[] = {{-16, -1}, {-23, -1}, {-5, -1}, {-10, -6}};
    g_autoptr(Folder) folder = make_folder();
    write_peaks(folder, "peaks.wav", 4 * HZ);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) mono = mix_file(folder, "peaks.wav", cases[i], 4, NULL);
        double loudness_lufs = 0, peak_dbtp = 0;
        measure(mono, &loudness_lufs, &peak_dbtp);
        g_test_message("at most %g: %.2f dBTP at %.2f LUFS", cases[i].peak_dbtp, peak_dbtp,
                       loudness_lufs);
        g_assert_cmpfloat(peak_dbtp, <=, cases[i].peak_dbtp);
        g_assert_cmpfloat(peak_dbtp, >=, cases[i].peak_dbtp - 3); /* held, not turned down */
    }
}

/* Where the limiter takes away, the gain makes up for it: claps far above a voice that is as loud
 * as asked for all the same. */
static void test_loudness_under_claps(void)
{
    g_autoptr(Folder) folder = make_folder();
    gsize n = 8 * HZ;
    g_autoptr(GArray) made = make_noise(n, 5);
    float *frames = (float *)(void *)made->data;
    for (gsize i = 0; i < n; i++)
        frames[i] *= i % HZ < 1200 ? 0.8f : 0.12f;
    write_wav(folder, "claps.wav", frames, n, 1, HZ);
    g_autoptr(GArray) mono = mix_file(folder, "claps.wav", usual, 8, NULL);
    double loudness_lufs = 0, peak_dbtp = 0;
    measure(mono, &loudness_lufs, &peak_dbtp);
    g_test_message("%.2f LUFS, %.2f dBTP", loudness_lufs, peak_dbtp);
    g_assert_cmpfloat_with_epsilon(loudness_lufs, -16, 0.1);
    g_assert_cmpfloat(peak_dbtp, <=, -1);
}

/* ---- silence ---- */

static void assert_silent(const float *samples, gsize n)
{
    for (gsize i = 0; i < n; i++)
        g_assert_true(samples[i] == 0);
}

static void test_silence(void)
{
    g_autoptr(Folder) folder = make_folder();
    write_sine(folder, "silence.wav", 0, 0, 3);
    g_autoptr(GArray) alone = mix_file(folder, "silence.wav", usual, 3, NULL);
    assert_silent(floats(alone), alone->len);

    g_autofree char *path = g_build_filename(folder, "silence.wav", NULL);
    const char *paths[] = {path, path};
    g_autoptr(MediaListener) listener = listen_to(paths, 2, NULL);
    MediaMixSource sources[] = {{.path = path, .frames = 0}, {.path = path, .frames = 1}};
    g_autoptr(GArray) mics = mix_all(sources, 2, listener, usual, 0, 3, NULL);
    assert_silent(floats(mics), mics->len);
}

/* The noise of a preamplifier without anybody: it is no programme, and stays as it is. */
static void test_faint_noise(void)
{
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(3 * HZ, 22);
    float *frames = (float *)(void *)made->data;
    for (guint i = 0; i < made->len; i++)
        frames[i] *= 1e-4f;
    write_wav(folder, "faint.wav", frames, made->len, 1, HZ);
    g_autoptr(GArray) mono = mix_file(folder, "faint.wav", usual, 3, NULL);
    g_assert_cmpfloat(rms(floats(mono), mono->len), <, 1.01 * rms(frames, made->len));
}

static void test_no_source(void)
{
    double gain = 0;
    g_autoptr(GArray) mono = mix_all(NULL, 0, NULL, usual, 0, 1.5, &gain);
    assert_silent(floats(mono), mono->len);
    g_assert_cmpfloat(gain, ==, 1);
}

/* ---- opening and closing ---- */

/* The microphones open and close by the talk, but carry slow sines, in which every step shows. */
static void test_no_clicks(void)
{
    static const double tones_hz[MICS] = {110, 150, 190};
    static const char *const names[MICS] = {"0.wav", "1.wav", "2.wav"};
    const double peak = 0.1;
    g_autoptr(Folder) folder = make_folder();
    char *paths[MICS];
    MediaMixSource sources[MICS];
    double steps = 0;
    for (int i = 0; i < MICS; i++) {
        write_sine(folder, names[i], tones_hz[i], peak, TALK_S);
        paths[i] = g_build_filename(folder, names[i], NULL);
        sources[i] = (MediaMixSource){.path = paths[i], .frames = i};
        steps += 2 * G_PI * tones_hz[i] / HZ * peak;
    }
    double gain = 1;
    g_autoptr(GArray) mono = mix_all(sources, MICS, talk, usual, 0, TALK_S, &gain);
    for (int i = 0; i < MICS; i++) {
        double most = 0, least = 1;
        for (gsize at = HZ; at + HZ / 10 < mono->len - HZ; at += HZ / 10) {
            double size = size_of(floats(mono) + at, HZ / 10, tones_hz[i]) / gain;
            most = MAX(most, size);
            least = MIN(least, size);
        }
        g_test_message("microphone %d: %.4f … %.4f", i + 1, least, most);
        g_assert_cmpfloat(most, >, 5 * least); /* it was open and it was closed */
        g_free(paths[i]);
    }
    double step = largest_step(floats(mono), mono->len) / gain;
    g_test_message("largest step %.5f, of the inputs together %.5f", step, steps);
    g_assert_cmpfloat(step, <, 1.5 * steps);
}

/* Autocorrelation at this lag, 1 at none. */
static double likeness_to_itself(const float *samples, gsize n, gsize lag)
{
    double at_lag = 0, at_none = 1e-12;
    for (gsize i = 0; i + lag < n; i++) {
        at_lag += (double)samples[i] * (double)samples[i + lag];
        at_none += (double)samples[i] * (double)samples[i];
    }
    return at_lag / at_none;
}

/* Two people after each other; each microphone hears the other's person 5 ms later, 12 dB down. */
enum { TURN = 10 * HZ, LATER = HZ / 200 };

static GArray *write_two_rooms(const char *folder)
{
    GArray *clean = read_sound(talk_paths[0], 1);
    g_autoptr(GArray) second = read_sound(talk_paths[1], 1);
    g_array_set_size(clean, TURN);
    g_array_append_vals(clean, floats(second) + TURN, TURN);
    for (guint mic = 0; mic < 2; mic++) {
        g_autofree float *heard = g_new0(float, 2 * TURN);
        for (guint i = 0; i < 2 * TURN; i++) {
            if (i / TURN == mic)
                heard[i] += floats(clean)[i];
            else if (i >= LATER)
                heard[i] += 0.25f * floats(clean)[i - LATER];
        }
        write_wav(folder, mic == 0 ? "0.wav" : "1.wav", heard, 2 * TURN, 1, HZ);
    }
    return clean;
}

static void test_no_echo(void)
{
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) clean = write_two_rooms(folder);
    g_autofree char *first = g_build_filename(folder, "0.wav", NULL);
    g_autofree char *second = g_build_filename(folder, "1.wav", NULL);
    const char *paths[] = {first, second};
    g_autoptr(MediaListener) listener = listen_to(paths, 2, NULL);
    MediaMixSource sources[] = {{.path = first, .frames = 0}, {.path = second, .frames = 1}};
    static const MediaMixSettings below_limiter = {.loudness_lufs = -26, .peak_dbtp = -1};
    g_autoptr(GArray) mono = mix_all(sources, 2, listener, below_limiter, 0, 2.0 * TURN / HZ, NULL);
    for (guint turn = 0; turn < 2; turn++) {
        double of_clean = likeness_to_itself(floats(clean) + turn * TURN, TURN, LATER);
        double of_mix = likeness_to_itself(floats(mono) + turn * TURN, TURN, LATER);
        g_test_message("5 ms later: clean %.3f, mix %.3f", of_clean, of_mix);
        g_assert_cmpfloat(of_mix, <, of_clean + 0.1);
    }
}

/* ---- where there is sound, and where not ---- */

/* Two sources with a hole between them, and nothing after the second: tones, whoever listens. */
static void check_places(const char *folder, MediaListener *listener, const ShowClock *clocks)
{
    static const double start_s = 1; /* of the mix; all else on the session clock */
    static const struct {
        double from_s, to_s, tone_hz; /* 0: nothing */
    } parts[] = {{1.2, 4.8, 200}, {5.2, 7.8, 0}, {8.2, 11.8, 300}, {12.2, 13.8, 0}};
    g_autofree char *early = g_build_filename(folder, "early.wav", NULL);
    g_autofree char *late = g_build_filename(folder, "late.wav", NULL);
    MediaMixSource sources[] = {{.path = early, .clock = clocks[0], .frames = 0},
                                {.path = late, .clock = clocks[1], .frames = 1}};
    double gain = 1;
    g_autoptr(GArray) mono = mix_all(sources, 2, listener, usual, start_s, 13, &gain);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const float *part = floats(mono) + (gsize)((parts[i].from_s - start_s) * HZ);
        gsize n = (gsize)((parts[i].to_s - parts[i].from_s) * HZ);
        if (parts[i].tone_hz > 0)
            g_assert_cmpfloat(size_of(part, n, parts[i].tone_hz) / gain, >, 0.05);
        else
            assert_silent(part, n);
    }
}

static void test_places(void)
{
    static const ShowClock clocks[] = {{0, 0}, {8, 0}};
    g_autoptr(Folder) folder = make_folder();
    write_sine(folder, "early.wav", 200, 0.1, 5);
    write_sine(folder, "late.wav", 300, 0.1, 4);
    check_places(folder, NULL, clocks);

    run_ffmpeg(folder, "-i %s -t 5 early-talk.wav", talk_paths[0]);
    run_ffmpeg(folder, "-i %s -t 4 late-talk.wav", talk_paths[1]);
    g_autofree char *early = g_build_filename(folder, "early-talk.wav", NULL);
    g_autofree char *late = g_build_filename(folder, "late-talk.wav", NULL);
    const char *paths[] = {early, late};
    g_autoptr(MediaListener) listener = listen_to(paths, 2, clocks);
    check_places(folder, listener, clocks);
}

/* Browsers write WebM without a length. It is heard, and does not keep another source from being
 * heard after its end. */
static void test_wrong_lengths(void)
{
    g_autoptr(Folder) folder = make_folder();
    write_sine(folder, "made.wav", 200, 0.1, 6);
    write_sine(folder, "other.wav", 300, 0.1, 4);
    run_ffmpeg(folder, "-i made.wav -c:a libopus -live 1 live.webm");
    g_autofree char *live = g_build_filename(folder, "live.webm", NULL);
    g_autofree char *other = g_build_filename(folder, "other.wav", NULL);
    MediaMixSource sources[] = {{.path = live, .frames = -1},
                                {.path = other, .clock = {5, 0}, .frames = -1}};
    double gain = 1;
    g_autoptr(GArray) mono = mix_all(sources, 2, NULL, usual, 0, 9, &gain);
    g_assert_cmpfloat(size_of(floats(mono) + HZ / 2, 5 * HZ, 200) / gain, >, 0.09);
    g_assert_cmpfloat(size_of(floats(mono) + 13 * HZ / 2, 2 * HZ, 300) / gain, >, 0.09);
}

/* The same again whatever the size of the blocks, and to the frame as long as asked for. */
static void test_again(void)
{
    static const double durations_s[] = {0, 1.0 / HZ, 0.0321, 5.00011};
    static const gsize blocks[] = {1, 1000, 1536, 100000};
    MediaMixSource sources[MICS];
    talk_sources(sources);
    for (gsize i = 0; i < G_N_ELEMENTS(durations_s); i++) {
        double duration_s = durations_s[i];
        g_autoptr(MediaMix) first = open_mix(sources, MICS, talk, usual, 3.21, duration_s);
        g_autoptr(MediaMix) second = open_mix(sources, MICS, talk, usual, 3.21, duration_s);
        g_autoptr(GArray) once = read_mix(first, 4096);
        g_autoptr(GArray) again = read_mix(second, blocks[i]);
        g_assert_cmpuint(once->len, ==, 2 * (guint)llrint(duration_s * HZ));
        g_assert_cmpmem(once->data, once->len * sizeof(float), again->data,
                        again->len * sizeof(float));
    }
}

static void test_beyond_the_end(void)
{
    MediaMixSource sources[MICS];
    talk_sources(sources);
    g_autoptr(GArray) mono = mix_all(sources, MICS, talk, usual, TALK_S + 180, 1, NULL);
    assert_silent(floats(mono), mono->len);
}

static void test_cancel(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    MediaMixSource sources[MICS];
    talk_sources(sources);
    g_autoptr(MediaMix) mix =
        media_mix_new(sources, MICS, talk, &usual, 0, TALK_S, NULL, cancellable, &error);
    g_assert_no_error(error);
    g_cancellable_cancel(cancellable);
    g_autofree float *stereo = g_new(float, 2 * TALK_S * HZ);
    g_assert_cmpint(media_mix_read(mix, stereo, TALK_S * HZ, &error), ==, -1);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    g_assert_null(media_mix_new(sources, MICS, talk, &usual, 0, TALK_S, NULL, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* What cannot be asked for is said, with its range. */
static void test_settings(void)
{
    static const MediaMixSettings wrong[] = {{-41, -1}, {-4, -1}, {-16, -21}, {-16, 1}, {NAN, -1}};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(media_mix_new(NULL, 0, NULL, &wrong[i], 0, 1, NULL, NULL, &error));
        g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    prepare_talk();
    g_test_add_func("/media/mix/is-as-loud-as-asked-for", test_loudness);
    g_test_add_func("/media/mix/is-as-loud-under-claps", test_loudness_under_claps);
    g_test_add_func("/media/mix/holds-its-true-peaks", test_peaks);
    g_test_add_func("/media/mix/silence-stays-silence", test_silence);
    g_test_add_func("/media/mix/makes-no-noise-of-what-is-no-programme", test_faint_noise);
    g_test_add_func("/media/mix/no-source-is-silence", test_no_source);
    g_test_add_func("/media/mix/microphones-open-and-close-without-clicks", test_no_clicks);
    g_test_add_func("/media/mix/a-voice-that-two-hear-is-heard-once", test_no_echo);
    g_test_add_func("/media/mix/is-silent-where-no-source-is", test_places);
    g_test_add_func("/media/mix/goes-on-beyond-the-last-source", test_beyond_the_end);
    g_test_add_func("/media/mix/does-not-need-the-length-of-a-file", test_wrong_lengths);
    g_test_add_func("/media/mix/is-the-same-again-to-the-frame", test_again);
    g_test_add_func("/media/mix/can-be-cancelled", test_cancel);
    g_test_add_func("/media/mix/settings-out-of-range-are-refused", test_settings);
    int status = g_test_run();
    forget_talk();
    return status;
}
