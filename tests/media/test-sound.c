#include "make-sound.h"

#include <media/error.h>

enum { HZ = MEDIA_SOUND_HZ };

static void test_channels(void)
{
    g_autoptr(Folder) folder = make_folder();
    float frames[2 * 4800];
    for (int i = 0; i < 4800; i++) {
        frames[2 * i] = 0.5f;
        frames[2 * i + 1] = -0.1f;
    }
    write_wav(folder, "two.wav", frames, 4800, 2, HZ);
    write_wav(folder, "one.wav", frames, 9600, 1, HZ);
    g_autoptr(GArray) averaged = read_made(folder, "two.wav", 1);
    g_assert_cmpuint(averaged->len, ==, 4800);
    g_autoptr(GArray) kept = read_made(folder, "two.wav", 2);
    g_assert_cmpuint(kept->len, ==, 9600);
    g_autoptr(GArray) both = read_made(folder, "one.wav", 2);
    g_assert_cmpuint(both->len, ==, 2 * 9600);
    for (int i = 0; i < 4800; i++) {
        g_assert_cmpfloat_with_epsilon(floats(averaged)[i], 0.2f, 1e-5);
        g_assert_cmpfloat_with_epsilon(floats(kept)[2 * i], 0.5f, 1e-5);
        g_assert_cmpfloat_with_epsilon(floats(kept)[2 * i + 1], -0.1f, 1e-5);
        g_assert_cmpfloat_with_epsilon(floats(both)[2 * i], frames[i], 1e-5);
        g_assert_cmpfloat_with_epsilon(floats(both)[2 * i + 1], frames[i], 1e-5);
    }
}

/* Not finite and far too loud samples come out tame. */
static void test_wild_samples(void)
{
    g_autoptr(Folder) folder = make_folder();
    float frames[1000] = {NAN, INFINITY, -INFINITY, 1e30f};
    write_wav(folder, "wild.wav", frames, 1000, 1, HZ);
    g_autoptr(GArray) heard = read_made(folder, "wild.wav", 1);
    for (guint i = 0; i < heard->len; i++)
        g_assert_true(fabsf(floats(heard)[i]) <= 8);
}

static void test_gap(void)
{
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(4 * HZ, 3);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    run_ffmpeg(folder, "-i made.wav -af asetpts=PTS+gte(T\\,2)*1.5/TB -c:a pcm_s16le gap.mkv");
    g_autoptr(GArray) heard = read_made(folder, "gap.mkv", 1);
    g_assert_cmpfloat_with_epsilon((double)heard->len / HZ, 5.5, 0.03);
    g_assert_cmpfloat(rms(floats(heard) + (gsize)(2.1 * HZ), HZ), <, 1e-6);
    double likeness = 0;
    int lag = find_lag(floats(made) + 3 * HZ, floats(heard) + (gsize)(4.5 * HZ), 200, HZ / 5, 150,
                       &likeness);
    g_assert_cmpint(ABS(lag), <=, 48);
    g_assert_cmpfloat(likeness, >, 0.99);
}

/* A clock that jumps back: what was there already is not heard twice. */
static void test_overlap(void)
{
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(4 * HZ, 4);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    run_ffmpeg(folder, "-i made.wav -af asetpts=PTS-gte(T\\,2)*0.5/TB -c:a pcm_s16le back.mkv");
    g_autoptr(GArray) heard = read_made(folder, "back.mkv", 1);
    g_assert_cmpfloat(fabs((double)heard->len / HZ - 3.5), <, 0.6);
    for (guint i = 0; i < heard->len; i++)
        g_assert_true(isfinite(floats(heard)[i]));
}

static void check_seek(MediaSound *sound, const GArray *straight, gint64 frame, const char *name)
{
    g_autoptr(GError) error = NULL;
    float got[1000];
    g_assert_true(media_sound_seek(sound, frame, &error));
    g_assert_no_error(error);
    gssize n = media_sound_read(sound, got, 1000, &error);
    g_assert_no_error(error);
    g_assert_cmpint(n, ==, CLAMP((gint64)straight->len - frame, 0, 1000));
    for (gssize i = 0; i < n; i++)
        if (fabsf(got[i] - floats(straight)[frame + i]) > 2e-3f)
            g_error("%s: frame %" G_GINT64_FORMAT " + %" G_GSSIZE_FORMAT ": %g, straight %g", name,
                    frame, i, (double)got[i], (double)floats(straight)[frame + i]);
}

static void test_seek(void)
{
    static const char *const names[] = {"a.m4a", "a.flac", "a.wav", "a.mp3", "a.mkv"};
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(20 * HZ, 8);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        /* Matroska's times are whole milliseconds: 960 samples of PCM lie on them. */
        run_ffmpeg(folder, "-i made.wav %s %s",
                   i == 4 ? "-af asetnsamples=960 -c:a pcm_s16le" : "-b:a 160k", names[i]);
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_autoptr(GArray) straight = read_sound(path, 1);
        g_autoptr(MediaSound) sound = media_sound_open(path, 1, NULL);
        gint64 fixed[] = {0, 19 * HZ, 1, 5, 30 * HZ, 12 * HZ + 7};
        for (gsize k = 0; k < G_N_ELEMENTS(fixed); k++)
            check_seek(sound, straight, fixed[k], names[i]);
        for (int k = 0; k < 8; k++)
            check_seek(sound, straight, g_rand_int_range(random, 0, 19 * HZ), names[i]);
    }
}

static void test_no_sound(void)
{
    g_autoptr(Folder) folder = make_folder();
    run_ffmpeg(folder, "-f lavfi -i color=s=64x64:r=25:d=0.2 -c:v mpeg4 silent.mp4");
    g_autofree char *path = g_build_filename(folder, "silent.mp4", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(media_sound_open(path, 1, &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA);
    g_assert_nonnull(strstr(error->message, "silent.mp4"));
    g_clear_error(&error);
    g_assert_null(media_sound_open("/nowhere/at-all.mp4", 1, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/at-all.mp4"));
}

/* ---- where the sound lies ---- */

/* By how many frames the file's sound is later than what was made, at this frame of both. */
static int late_by(const GArray *made, const GArray *heard, gsize at, int reach)
{
    double likeness = 0;
    g_assert_cmpuint(at + HZ / 10 + (gsize)reach, <=, heard->len);
    int late = find_lag(floats(made), floats(heard), at, HZ / 10, reach, &likeness);
    g_assert_cmpfloat(likeness, >, 0.95);
    return late;
}

/* Encoders put silence before the sound (AAC 1024 samples, mp3 1105, Opus 312), containers say how
 * much of it is to be skipped: MP4 by its edit list, mp3 by the LAME tag, Ogg by the pre-skip in
 * OpusHead, Matroska by CodecDelay. AAC in Matroska and in fragments without an edit list says
 * nothing: there the 1024 samples are sound like any other, and what lies beside it was put 21 ms
 * later too. */
static void test_places(void)
{
    static const struct {
        const char *name, *options;
        int late;
    } cases[] = {
        {"aac.mp4", "-c:a aac -b:a 160k", 0},
        {"aac.m4a", "-c:a aac -b:a 160k", 0},
        {"fragments.mp4", "-c:a aac -b:a 160k -movflags +frag_keyframe+empty_moov", 1024},
        {"lame.mp3", "-c:a libmp3lame -b:a 160k", 0},
        {"lossless.flac", "-c:a flac", 0},
        {"pcm.wav", "-c:a pcm_s16le", 0},
        {"pcm.mkv", "-c:a pcm_s16le", 0},
        {"flac.mkv", "-c:a flac", 0},
        {"opus.ogg", "-c:a libopus -b:a 160k", 0},
        {"opus.mkv", "-c:a libopus -b:a 160k", 0},
        {"opus.webm", "-c:a libopus -b:a 160k", 0},
        {"opus.mp4", "-c:a libopus -b:a 160k", 0},
        {"aac.mkv", "-c:a aac -b:a 160k", 1024},
    };
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(3 * HZ, 11);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        run_ffmpeg(folder, "-i made.wav %s %s", cases[i].options, cases[i].name);
        g_autoptr(GArray) heard = read_made(folder, cases[i].name, 1);
        int late = late_by(made, heard, HZ / 4, 1500),
            later = late_by(made, heard, 5 * HZ / 2, 1500);
        g_test_message("%s: %d and %d frames late, %u long", cases[i].name, late, later,
                       heard->len);
        g_assert_cmpint(ABS(late - cases[i].late), <=, HZ / 1000);
        g_assert_cmpint(ABS(later - cases[i].late), <=, HZ / 1000);
    }
}

/* The picture begins 1.5 s before the sound. */
static void test_late_start(void)
{
    static const char *const names[] = {"late.mp4", "late.mkv", "late.mov"};
    const gsize start = 3 * HZ / 2, edge = HZ / 20; /* codecs smear what is near the edge */
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(3 * HZ, 12);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        run_ffmpeg(folder,
                   "-f lavfi -i color=s=64x64:r=25:d=4.5 -itsoffset 1.5 -i made.wav -map 0 -map 1 "
                   "-c:v mpeg4 -c:a %s %s",
                   i == 0 ? "aac -b:a 160k" : "pcm_s16le", names[i]);
        g_autoptr(GArray) heard = read_made(folder, names[i], 1);
        g_test_message("%s: rms before %g", names[i], rms(floats(heard), start - edge));
        g_assert_cmpuint(heard->len, >=, made->len + start - HZ / 1000);
        double likeness = 0;
        int late = find_lag(floats(made), floats(heard) + start, HZ / 4, HZ / 10, 1500, &likeness);
        g_test_message("%s: %d late, %g alike", names[i], late, likeness);
        g_assert_cmpfloat(rms(floats(heard), start - edge), <, 1e-6);
        g_assert_cmpint(ABS(late), <=, HZ / 1000);
        g_assert_cmpfloat(likeness, >, 0.95);
    }
}

/* ---- half a file, a damaged file ---- */

static GByteArray *load_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    char *bytes = NULL;
    gsize n = 0;
    g_file_get_contents(path, &bytes, &n, &error);
    g_assert_no_error(error);
    return g_byte_array_new_take((guint8 *)bytes, n);
}

static void save_file(const char *folder, const char *name, const GByteArray *bytes)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    g_file_set_contents(path, (const char *)bytes->data, bytes->len, &error);
    g_assert_no_error(error);
}

/* A disk that was full, a camera that lost its power: what is there is read. */
static void test_truncated(void)
{
    static const struct {
        const char *name, *options;
    } cases[] = {
        {"half.mkv", "-c:a pcm_s16le"},
        {"half.wav", "-c:a pcm_s16le"},
        {"half.flac", "-c:a flac"},
        {"half.mp3", "-c:a libmp3lame -b:a 160k"},
        {"half.webm", "-c:a libopus -b:a 160k -vbr off"},
        {"half.ogg", "-c:a libopus -b:a 160k -vbr off"},
        {"half.m4a", "-c:a aac -b:a 160k -movflags +faststart"},
    };
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(10 * HZ, 13);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        run_ffmpeg(folder, "-i made.wav %s %s", cases[i].options, cases[i].name);
        g_autoptr(GByteArray) bytes = load_file(folder, cases[i].name);
        g_byte_array_set_size(bytes, bytes->len / 2);
        save_file(folder, cases[i].name, bytes);
        g_autoptr(GArray) heard = read_made(folder, cases[i].name, 1);
        int late = late_by(made, heard, 4 * HZ, 480);
        g_test_message("%s: %.3f s, %d frames late", cases[i].name, (double)heard->len / HZ, late);
        g_assert_cmpfloat_with_epsilon((double)heard->len / HZ, 5, 0.2);
        g_assert_cmpint(ABS(late), <=, HZ / 1000);
    }
}

/* Bytes anywhere in the second quarter of the file: behind headers and the first page of Ogg (1 s),
 * which says where the sound begins; before every index. */
static void damage(GByteArray *bytes, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (int i = 0; i < 40; i++) {
        gint32 at = g_rand_int_range(random, (gint32)bytes->len / 4, (gint32)bytes->len / 2);
        bytes->data[at] ^= (guint8)g_rand_int_range(random, 1, 256);
    }
}

/* expected: by how many frames the whole file would be late. */
static void check_damaged(const char *folder, const char *name, guint32 seed, const GArray *made,
                          int expected)
{
    g_autoptr(GByteArray) bytes = load_file(folder, name);
    damage(bytes, seed);
    g_autofree char *damaged = g_strconcat("damaged-", name, NULL);
    save_file(folder, damaged, bytes);
    g_autoptr(GArray) heard = read_made(folder, damaged, 1);
    for (guint i = 0; i < heard->len; i++)
        if (!(fabsf(floats(heard)[i]) <= 8))
            g_error("%s, seed %u: %g", name, seed, (double)floats(heard)[i]);
    int late = late_by(made, heard, 7 * HZ, 2000);
    g_test_message("%s, seed %u: %.3f s, %d frames late after the damage", name, seed,
                   (double)heard->len / HZ, late);
    g_assert_cmpint(ABS(late - expected), <=, 3 * HZ / 100);
}

static void test_damaged(void)
{
    static const struct {
        const char *name, *options;
        int late; /* see test_places() */
    } cases[] = {
        {"a.mkv", "-c:a pcm_s16le", 0},
        {"a.wav", "-c:a pcm_f32le", 0},
        {"a.flac", "-c:a flac", 0},
        {"a.mp3", "-c:a libmp3lame -b:a 160k", 0},
        {"a.ogg", "-c:a libopus -b:a 160k", 0},
        {"a.webm", "-c:a libopus -b:a 160k", 0},
        {"a.m4a", "-c:a aac -b:a 160k", 0},
        {"a.ts", "-c:a aac -b:a 160k", 1024},
    };
    g_autoptr(Folder) folder = make_folder();
    g_autoptr(GArray) made = make_noise(10 * HZ, 14);
    write_wav(folder, "made.wav", floats(made), made->len, 1, HZ);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        run_ffmpeg(folder, "-i made.wav %s %s", cases[i].options, cases[i].name);
        for (guint32 seed = 1; seed <= 3; seed++)
            check_damaged(folder, cases[i].name, seed, made, cases[i].late);
    }
}

/* ---- on the session clock ---- */

/* A slow sine, so that its value says where it is to a fraction of a sample. */
static float wave(double frame)
{
    return (float)(0.5 * sin(frame * 2 * G_PI * 300 / HZ + 0.3));
}

static void check_session(const char *path, ShowClock clock, double start_s, gsize total)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaSessionSound) sound = media_session_sound_open(path, 1, clock, start_s, &error);
    g_assert_no_error(error);
    float block[777];
    double tolerance = clock.drift_ppm == 0 ? 0.5 * 0.5 * 2 * G_PI * 300 / HZ + 1e-4 : 2e-3;
    for (gsize at = 0; at < 12 * HZ; at += G_N_ELEMENTS(block)) {
        g_assert_true(media_session_sound_read(sound, block, G_N_ELEMENTS(block), &error));
        for (gsize i = 0; i < G_N_ELEMENTS(block); i++) {
            double t_s = start_s + (double)(at + i) / HZ;
            double frame = show_clock_to_source(&clock, t_s) * HZ;
            if (frame < -20 || frame > (double)total + 20)
                g_assert_cmpfloat(block[i], ==, 0);
            else if (frame > 20 && frame < (double)total - 20)
                g_assert_cmpfloat_with_epsilon(block[i], wave(frame), tolerance);
        }
    }
}

static void test_session_clock(void)
{
    g_autoptr(Folder) folder = make_folder();
    gsize total = 10 * HZ;
    g_autofree float *frames = g_new(float, total);
    for (gsize i = 0; i < total; i++)
        frames[i] = wave((double)i);
    write_wav(folder, "wave.wav", frames, total, 1, HZ);
    g_autofree char *path = g_build_filename(folder, "wave.wav", NULL);
    static const struct {
        ShowClock clock;
        double start_s;
    } cases[] = {
        {{0, 0}, 0},        {{1.5, 0}, 0},       {{1.5, 0}, 3.25},    {{0, 200}, 0},
        {{2.125, -180}, 0}, {{-7.3, 55.5}, 0.4}, {{0.25, 120}, 8.75}, {{30, 100}, 0},
        {{-100, -3}, 0},    {{0, 0.5}, 7},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_session(path, cases[i].clock, cases[i].start_s, total);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media/sound/channels-are-averaged-or-kept", test_channels);
    g_test_add_func("/media/sound/wild-samples-come-out-tame", test_wild_samples);
    g_test_add_func("/media/sound/a-gap-is-silence", test_gap);
    g_test_add_func("/media/sound/a-clock-that-jumps-back-is-not-heard-twice", test_overlap);
    g_test_add_func("/media/sound/a-seek-reads-what-reading-on-would", test_seek);
    g_test_add_func("/media/sound/errors-name-the-file", test_no_sound);
    g_test_add_func("/media/sound/every-codec-lies-where-the-original-does", test_places);
    g_test_add_func("/media/sound/is-silent-before-it-begins", test_late_start);
    g_test_add_func("/media/sound/of-half-a-file-reads-the-half", test_truncated);
    g_test_add_func("/media/sound/damage-does-not-move-what-follows", test_damaged);
    g_test_add_func("/media/sound/follows-the-session-clock", test_session_clock);
    return g_test_run();
}
