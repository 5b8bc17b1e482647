/* The sound of the sample show, from a plan of who says which recorded sentence when.
 *
 *   mix-show PLAN MIC START SECONDS   what microphone MIC hears, s16le mono 48 kHz, on standard output
 *   mix-show PLAN truth FOLDER        truth.rttm and envelope.u8 (how loud each person is, 100 a s)
 *
 * A plan has one line a turn, in order of time: START-SAMPLE PERSON FILE (s16le mono 48 kHz).
 * Microphones 0 … 2 belong to the people; 3 is that of the wide camera. Each hears everybody: the
 * others about 12 dB lower, some ms later and with a reflection from the wall, over noise of its
 * own. Only the sentences that sound at the moment are looked at, so length costs nothing. */
#include "figure.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 48000,
    BLOCK = 480,       /* 10 ms */
    PAUSE_BLOCKS = 30, /* a shorter pause does not end a stretch of speech */
    WIDE = FIGURES,
    SPEECH_LEVEL = 160,   /* RMS of s16, about −46 dBFS */
    ENVELOPE_FULL = 5000, /* RMS of s16 that counts as fully loud */
};

typedef struct Voice {
    gint16 *samples;
    gsize length;
} Voice;

typedef struct Turn {
    gint64 start;
    int person;
    Voice *voice; /* borrowed from the table */
} Turn;

typedef struct Plan {
    GArray *turns;      /* Turn */
    GHashTable *voices; /* file → Voice */
    gint64 longest;     /* samples of the longest voice */
} Plan;

/* ---- the plan ---- */

static void voice_free(gpointer data)
{
    Voice *voice = data;
    g_free(voice->samples);
    g_free(voice);
}

static Voice *voice_of(Plan *plan, const char *file, GError **error)
{
    Voice *voice = g_hash_table_lookup(plan->voices, file);
    if (voice != NULL)
        return voice;
    char *bytes = NULL;
    gsize length = 0;
    if (!g_file_get_contents(file, &bytes, &length, error))
        return NULL;
    voice = g_new0(Voice, 1);
    voice->samples = (gint16 *)(void *)bytes;
    voice->length = length / 2;
    plan->longest = MAX(plan->longest, (gint64)voice->length);
    g_hash_table_insert(plan->voices, g_strdup(file), voice);
    return voice;
}

static gboolean read_line(Plan *plan, const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    if (g_strv_length(words) != 3) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a turn: %s", line);
        return FALSE;
    }
    Turn turn = {.start = g_ascii_strtoll(words[0], NULL, 10),
                 .person = (int)g_ascii_strtoll(words[1], NULL, 10)};
    turn.voice = voice_of(plan, words[2], error);
    if (turn.voice == NULL)
        return FALSE;
    if (turn.person < 0 || turn.person >= FIGURES) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "there is no person %d", turn.person);
        return FALSE;
    }
    g_array_append_val(plan->turns, turn);
    return TRUE;
}

static gboolean plan_read(Plan *plan, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return FALSE;
    plan->turns = g_array_new(FALSE, FALSE, sizeof(Turn));
    plan->voices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, voice_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0' && !read_line(plan, *line, error))
            return FALSE;
    return TRUE;
}

static void plan_clear(Plan *plan)
{
    g_clear_pointer(&plan->turns, g_array_unref);
    g_clear_pointer(&plan->voices, g_hash_table_unref);
}

/* ---- what one microphone hears ---- */

static const struct {
    double gain_db[FIGURES], delay_ms[FIGURES], noise_db;
} mics[FIGURES + 1] = {
    {{0, -12, -13.5}, {0.5, 3.4, 6.1}, -66},
    {{-12.5, 0, -11.5}, {3.4, 0.5, 3.2}, -63},
    {{-13, -12, 0}, {6.1, 3.2, 0.5}, -68},
    {{-11, -10, -11}, {8.3, 7.7, 8.6}, -60},
};
static const double reflection_db = -9, reflection_ms = 13.7;

/* Adds gain × the person's voice, `delay` samples late, to out, which begins at `from`. */
static void add_person(const Plan *plan, guint first, int person, double gain, gint64 delay,
                       gint64 from, float *out)
{
    for (guint i = first; i < plan->turns->len; i++) {
        const Turn *turn = &g_array_index(plan->turns, Turn, i);
        gint64 start = turn->start + delay;
        if (turn->start > from + BLOCK)
            return;
        gint64 begin = MAX(start, from);
        gint64 end = MIN(start + (gint64)turn->voice->length, from + BLOCK);
        if (turn->person != person)
            continue;
        for (gint64 at = begin; at < end; at++)
            out[at - from] += (float)gain * turn->voice->samples[at - start];
    }
}

/* First turn that can still sound at `from`, looking on from the last one found. */
static guint first_turn(const Plan *plan, guint first, gint64 from)
{
    while (first < plan->turns->len &&
           g_array_index(plan->turns, Turn, first).start + plan->longest + RATE_HZ < from)
        first++;
    return first;
}

static double ratio(double db)
{
    return pow(10, db / 20);
}

typedef struct Noise {
    guint32 random;
    float low, level;
} Noise;

/* White noise, a little duller: what a preamplifier and a room give. */
static float noise_next(Noise *noise)
{
    noise->random = noise->random * 1664525U + 1013904223U;
    float white = (float)(noise->random >> 8) / 8388608.0F - 1.0F;
    noise->low += 0.35F * (white - noise->low);
    return noise->low * noise->level;
}

static gint64 samples_of(double ms)
{
    return (gint64)lround(ms * RATE_HZ / 1000);
}

static void hear(const Plan *plan, guint first, int mic, gint64 from, float *out)
{
    for (int person = 0; person < FIGURES; person++) {
        double gain = ratio(mics[mic].gain_db[person]);
        gint64 delay = samples_of(mics[mic].delay_ms[person]);
        add_person(plan, first, person, gain, delay, from, out);
        if (mic != person)
            add_person(plan, first, person, gain * ratio(reflection_db),
                       delay + samples_of(reflection_ms), from, out);
    }
}

static gboolean write_mic(const Plan *plan, int mic, double start_s, double seconds)
{
    Noise noise = {.random = 77777U + (guint32)mic * 1013U,
                   .level = (float)(32768 * ratio(mics[mic].noise_db) * 4)};
    gint64 from = (gint64)llround(start_s * RATE_HZ);
    gint64 end = from + (gint64)llround(seconds * RATE_HZ);
    guint first = 0;
    for (; from < end; from += BLOCK) {
        float heard[BLOCK] = {0};
        gint16 out[BLOCK];
        first = first_turn(plan, first, from);
        hear(plan, first, mic, from, heard);
        for (int i = 0; i < BLOCK; i++)
            out[i] = (gint16)lrintf(CLAMP(heard[i] + noise_next(&noise), -32767.0F, 32767.0F));
        gsize count = (gsize)MIN((gint64)BLOCK, end - from);
        if (fwrite(out, sizeof *out, count, stdout) != count)
            return FALSE;
    }
    return fflush(stdout) == 0;
}

/* ---- the truth ---- */

typedef struct Truth {
    GString *rttm;
    GByteArray *envelope;
    gint64 started[FIGURES], last[FIGURES]; /* blocks; −1: silent */
} Truth;

static void close_speech(Truth *truth, int person)
{
    char start[G_ASCII_DTOSTR_BUF_SIZE], length[G_ASCII_DTOSTR_BUF_SIZE];
    gint64 blocks = truth->last[person] + 1 - truth->started[person];
    g_ascii_formatd(start, sizeof start, "%.2f", (double)truth->started[person] / 100);
    g_ascii_formatd(length, sizeof length, "%.2f", (double)blocks / 100);
    g_string_append_printf(truth->rttm, "SPEAKER sample 1 %s %s <NA> <NA> cam_%d <NA> <NA>\n",
                           start, length, person + 1);
    truth->started[person] = -1;
}

static void note_block(Truth *truth, int person, gint64 block, const float *heard)
{
    double sum = 0;
    for (int i = 0; i < BLOCK; i++)
        sum += (double)heard[i] * heard[i];
    double level = sqrt(sum / BLOCK);
    guint8 byte = (guint8)MIN(255, 255 * level / ENVELOPE_FULL);
    g_byte_array_append(truth->envelope, &byte, 1);
    if (level > SPEECH_LEVEL) {
        if (truth->started[person] < 0)
            truth->started[person] = block;
        truth->last[person] = block;
    } else if (truth->started[person] >= 0 && block - truth->last[person] > PAUSE_BLOCKS) {
        close_speech(truth, person);
    }
}

static gboolean write_truth(const Plan *plan, const char *folder, GError **error)
{
    Truth truth = {.rttm = g_string_new(NULL), .envelope = g_byte_array_new()};
    gint64 end = 0;
    guint first = 0;
    for (int person = 0; person < FIGURES; person++)
        truth.started[person] = -1;
    for (guint i = 0; i < plan->turns->len; i++) {
        const Turn *turn = &g_array_index(plan->turns, Turn, i);
        end = MAX(end, turn->start + (gint64)turn->voice->length);
    }
    for (gint64 block = 0; block <= end / BLOCK + PAUSE_BLOCKS + 1; block++) {
        first = first_turn(plan, first, block * BLOCK);
        for (int person = 0; person < FIGURES; person++) {
            float heard[BLOCK] = {0};
            add_person(plan, first, person, 1, 0, block * BLOCK, heard);
            note_block(&truth, person, block, heard);
        }
    }
    g_autofree char *rttm = g_build_filename(folder, "truth.rttm", NULL);
    g_autofree char *envelope = g_build_filename(folder, "envelope.u8", NULL);
    gboolean good = g_file_set_contents(rttm, truth.rttm->str, -1, error) &&
                    g_file_set_contents(envelope, (const char *)truth.envelope->data,
                                        truth.envelope->len, error);
    g_string_free(truth.rttm, TRUE);
    g_byte_array_unref(truth.envelope);
    return good;
}

int main(int argc, char **argv)
{
    gboolean truth = argc == 4 && strcmp(argv[2], "truth") == 0;
    int mic = argc == 5 ? (int)g_ascii_strtoll(argv[2], NULL, 10) : 0;
    if ((!truth && argc != 5) || mic < 0 || mic > WIDE) {
        fprintf(stderr, "usage: mix-show PLAN MIC START SECONDS | mix-show PLAN truth FOLDER\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    Plan plan = {0};
    gboolean good = plan_read(&plan, argv[1], &error);
    if (good && truth)
        good = write_truth(&plan, argv[3], &error);
    else if (good)
        good = write_mic(&plan, mic, g_ascii_strtod(argv[3], NULL), g_ascii_strtod(argv[4], NULL));
    if (!good)
        fprintf(stderr, "mix-show: %s\n", error != NULL ? error->message : "cannot write");
    plan_clear(&plan);
    return good ? 0 : 1;
}
