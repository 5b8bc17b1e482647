/* Sound files for tests: a folder that goes away, WAV files, and whatever the ffmpeg program makes
 * of them. */
#pragma once
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <media/sound.h>

static inline char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("crosscut-test-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

static inline void remove_folder(char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}
typedef char Folder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, remove_folder)

static inline char *bench_file(const char *show, const char *name)
{
    const char *source = g_getenv("CROSSCUT_SOURCE");
    return g_build_filename(source != NULL ? source : ".", "bench", "data", "speech", show, name,
                            NULL);
}

/* Runs ffmpeg with these arguments, split at spaces, in the folder. */
G_GNUC_PRINTF(2, 3)
static inline void run_ffmpeg(const char *folder, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    g_autofree char *text = g_strdup_vprintf(format, list);
    va_end(list);
    g_autofree char *line = g_strconcat("ffmpeg -nostdin -v error -y ", text, NULL);
    g_auto(GStrv) arguments = g_strsplit(line, " ", -1);
    g_autofree char *told = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    g_spawn_sync(folder, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &told, &status,
                 &error);
    g_assert_no_error(error);
    if (status != 0)
        g_error("%s: %s", line, told);
}

/* 32-bit float WAV at 48 kHz (or another rate). */
static inline void write_wav(const char *folder, const char *name, const float *frames, gsize n,
                             guint16 channels, guint32 rate_hz)
{
    guint32 bytes = (guint32)(n * channels * 4);
    GByteArray *out = g_byte_array_new();
#define PUT(type, value)                                                                           \
    do {                                                                                           \
        type put = (type)(value);                                                                  \
        g_byte_array_append(out, (const guint8 *)&put, sizeof put);                                \
    } while (0)
    g_byte_array_append(out, (const guint8 *)"RIFF", 4);
    PUT(guint32, 36 + bytes);
    g_byte_array_append(out, (const guint8 *)"WAVEfmt ", 8);
    PUT(guint32, 16);
    PUT(guint16, 3);
    PUT(guint16, channels);
    PUT(guint32, rate_hz);
    PUT(guint32, rate_hz *channels * 4);
    PUT(guint16, channels * 4);
    PUT(guint16, 32);
    g_byte_array_append(out, (const guint8 *)"data", 4);
    PUT(guint32, bytes);
#undef PUT
    g_byte_array_append(out, (const guint8 *)frames, bytes);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    g_file_set_contents(path, (const char *)out->data, out->len, &error);
    g_assert_no_error(error);
    g_byte_array_unref(out);
}

/* The whole file, through media/sound.h. */
static inline GArray *read_sound(const char *path, int channels)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaSound) sound = media_sound_open(path, channels, &error);
    g_assert_no_error(error);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(float));
    float block[2 * 1000];
    gssize got = 0;
    while ((got = media_sound_read(sound, block, 1000, &error)) > 0)
        g_array_append_vals(all, block, (guint)got * (guint)channels);
    g_assert_no_error(error);
    g_assert_cmpint(got, ==, 0);
    return all;
}

static inline GArray *read_made(const char *folder, const char *name, int channels)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return read_sound(path, channels);
}

static inline const float *floats(const GArray *array)
{
    return (const float *)(const void *)array->data;
}

/* Smooth noise, the same for the same seed: full of timing, below 6 kHz. */
static inline GArray *make_noise(gsize n, guint32 seed)
{
    GArray *array = g_array_sized_new(FALSE, FALSE, sizeof(float), (guint)n);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    float low = 0, lower = 0;
    for (gsize i = 0; i < n; i++) {
        low += 0.4f * ((float)g_rand_double_range(random, -1, 1) - low);
        lower += 0.4f * (low - lower);
        g_array_append_val(array, lower);
    }
    return array;
}

/* By how many frames `heard` is later than `made`, within ± reach, around frame `at`; and how like
 * they are there (−1 … 1). */
static inline int find_lag(const float *made, const float *heard, gsize at, gsize n, int reach,
                           double *likeness)
{
    int best = 0;
    double most = -2;
    for (int lag = -reach; lag <= reach; lag++) {
        double ab = 0, aa = 1e-12, bb = 1e-12;
        for (gsize i = at; i < at + n; i++) {
            double a = made[i], b = heard[(gssize)i + lag];
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        double like = ab / sqrt(aa * bb);
        if (like > most) {
            most = like;
            best = lag;
        }
    }
    *likeness = most;
    return best;
}

static inline double rms(const float *values, gsize n)
{
    double sum = 0;
    for (gsize i = 0; i < n; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum / (double)MAX(n, 1));
}
