/* Gains from a whole show, on made-up levels: who has a person of their own, and where the middle
 * between two people lies, whatever the mics' sensitivities and noise. */
#include <speech/gains.h>

#include <glib.h>
#include <math.h>

typedef struct Talk {
    int mics;
    int people[SPEECH_MICS_MAX]; /* mics that have a person */
    int people_count;
    double gain_db[SPEECH_MICS_MAX];
    double voice_db[SPEECH_MICS_MAX];
    double noise_db[SPEECH_MICS_MAX];
    double isolation_db;
    int seconds;
} Talk;

static double power(double db)
{
    return pow(10, db / 10);
}

static double normal(GRand *random)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += g_rand_double(random);
    return sum - 6;
}

/* One frame of `speaker` (−1: nobody) at `loudness_db`, each mic off by its own few dB. */
static void make_frame(const Talk *talk, GRand *random, int speaker, double loudness_db,
                       SpeechFrame *frames)
{
    for (int mic = 0; mic < talk->mics; mic++) {
        double heard = power(talk->noise_db[mic] + normal(random));
        if (speaker >= 0) {
            double away = mic == speaker ? 0 : talk->isolation_db;
            heard += power(-30 + talk->voice_db[speaker] + loudness_db - away + normal(random) * 2);
        }
        frames[mic].level_db = (float)(10 * log10(heard) + talk->gain_db[mic]);
        frames[mic].probability = speaker >= 0 ? 0.95f : 0.03f;
    }
}

static void *make_gains(const Talk *talk, GRand *random)
{
    void *memory = g_malloc(speech_gains_size());
    SpeechGains *gains = speech_gains_init(memory, talk->mics);
    int total = talk->seconds * 1000 / SPEECH_FRAME_MS;
    SpeechFrame frames[SPEECH_MICS_MAX];
    for (int at = 0; at < total;) {
        int speaker = talk->people[g_rand_int_range(random, 0, talk->people_count)];
        int turn = g_rand_int_range(random, 20, 160), pause = g_rand_int_range(random, 0, 30);
        for (int i = 0; i < turn; i++, at++) {
            make_frame(talk, random, speaker, normal(random) * 5, frames);
            speech_gains_push(gains, frames);
        }
        for (int i = 0; i < pause; i++, at++) {
            make_frame(talk, random, -1, 0, frames);
            speech_gains_push(gains, frames);
        }
    }
    return memory;
}

static gboolean has_person(const Talk *talk, int mic)
{
    for (int i = 0; i < talk->people_count; i++) {
        if (talk->people[i] == mic)
            return TRUE;
    }
    return FALSE;
}

static void check(const Talk *talk, const SpeechShareMic *mics, double tolerance_db)
{
    int first = talk->people[0];
    for (int mic = 0; mic < talk->mics; mic++) {
        g_assert_cmpint(mics[mic].silent, ==, !has_person(talk, mic));
        g_assert_cmpfloat(mics[mic].priority_db, ==, 0);
        g_assert_true(isfinite(mics[mic].gain_db));
        if (mics[mic].silent || mic == first)
            continue;
        double expected = talk->gain_db[mic] - talk->gain_db[first];
        g_assert_cmpfloat_with_epsilon(mics[mic].gain_db - mics[first].gain_db, expected,
                                       tolerance_db);
    }
}

static Talk make_talk(GRand *random, int mics)
{
    Talk talk = {.mics = mics, .seconds = 90 + 60 * mics};
    talk.isolation_db = g_rand_double_range(random, 5.5, 15);
    for (int mic = 0; mic < mics; mic++) {
        talk.gain_db[mic] = g_rand_double_range(random, -10, 10);
        talk.voice_db[mic] = g_rand_double_range(random, -4, 4);
        talk.noise_db[mic] = g_rand_double_range(random, -70, -55);
    }
    return talk;
}

static void test_everybody_speaks(void)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Talk talk = make_talk(random, g_rand_int_range(random, 2, 7));
        for (int mic = 0; mic < talk.mics; mic++)
            talk.people[talk.people_count++] = mic;
        g_autofree void *gains = make_gains(&talk, random);
        SpeechShareMic mics[SPEECH_MICS_MAX];
        float isolation_db = 0;
        speech_gains_get(gains, mics, &isolation_db);
        check(&talk, mics, 1.0);
        g_assert_cmpfloat_with_epsilon(isolation_db, talk.isolation_db, 1.5);
    }
}

static void test_a_silent_guest_is_found(void)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Talk talk = make_talk(random, g_rand_int_range(random, 3, 7));
        int silent = g_rand_int_range(random, 0, talk.mics);
        for (int mic = 0; mic < talk.mics; mic++) {
            if (mic != silent)
                talk.people[talk.people_count++] = mic;
        }
        g_autofree void *gains = make_gains(&talk, random);
        SpeechShareMic mics[SPEECH_MICS_MAX];
        float isolation_db = 0;
        speech_gains_get(gains, mics, &isolation_db);
        check(&talk, mics, 1.0);
    }
}

/* One person, several mics: the one whose level moves most, however deaf it is. */
static void test_one_person_among_mics(void)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Talk talk = make_talk(random, g_rand_int_range(random, 2, 5));
        for (int mic = 0; mic < talk.mics; mic++)
            talk.noise_db[mic] = -45;
        talk.people[0] = g_rand_int_range(random, 0, talk.mics);
        talk.people_count = 1;
        g_autofree void *gains = make_gains(&talk, random);
        SpeechShareMic mics[SPEECH_MICS_MAX];
        float isolation_db = 0;
        speech_gains_get(gains, mics, &isolation_db);
        check(&talk, mics, 1.0);
        g_assert_cmpfloat(isolation_db, ==, 99);
    }
}

/* A source without sound gives the lowest level for ever. */
static void test_a_dead_mic_has_nobody(void)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Talk talk = make_talk(random, g_rand_int_range(random, 3, 5));
        talk.gain_db[0] = -300;
        for (int mic = 1; mic < talk.mics; mic++)
            talk.people[talk.people_count++] = mic;
        g_autofree void *gains = make_gains(&talk, random);
        SpeechShareMic mics[SPEECH_MICS_MAX];
        float isolation_db = 0;
        speech_gains_get(gains, mics, &isolation_db);
        check(&talk, mics, 1.0);
    }
}

static void test_one_mic_is_not_silent(void)
{
    g_autofree void *memory = g_malloc(speech_gains_size());
    SpeechGains *gains = speech_gains_init(memory, 1);
    SpeechShareMic mic = {.silent = true};
    float isolation_db = 0;
    speech_gains_get(gains, &mic, &isolation_db);
    g_assert_false(mic.silent);
    g_assert_cmpfloat(isolation_db, ==, 99);
}

static void test_without_a_voice_anybody_may_speak(void)
{
    g_autofree void *memory = g_malloc(speech_gains_size());
    SpeechGains *gains = speech_gains_init(memory, 3);
    const SpeechFrame quiet[3] = {{0.02f, -60}, {0.02f, -55}, {0.02f, -65}};
    for (int i = 0; i < 100; i++)
        speech_gains_push(gains, quiet);
    SpeechShareMic mics[SPEECH_MICS_MAX];
    float isolation_db = 0;
    speech_gains_get(gains, mics, &isolation_db);
    for (int mic = 0; mic < 3; mic++)
        g_assert_false(mics[mic].silent);
}

static void test_get_changes_nothing(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    Talk talk = make_talk(random, 3);
    for (int mic = 0; mic < 3; mic++)
        talk.people[talk.people_count++] = mic;
    g_autofree void *gains = make_gains(&talk, random);
    g_autofree void *before = g_memdup2(gains, speech_gains_size());
    SpeechShareMic mics[SPEECH_MICS_MAX];
    float isolation_db = 0;
    speech_gains_get(gains, mics, &isolation_db);
    g_assert_cmpmem(before, speech_gains_size(), gains, speech_gains_size());
}

/* Three hours: the store is thinned out several times, who speaks 5 % of the time stays in it. */
static void test_hours_fit_in_constant_memory(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    Talk talk = make_talk(random, 3);
    talk.isolation_db = 7;
    talk.seconds = 3 * 3600;
    for (int i = 0; i < 16; i++)
        talk.people[talk.people_count++] = i == 0 ? 2 : i % 2;
    g_autofree void *gains = make_gains(&talk, random);
    SpeechShareMic mics[SPEECH_MICS_MAX];
    float isolation_db = 0;
    speech_gains_get(gains, mics, &isolation_db);
    check(&talk, mics, 1.0);
}

static void test_refuses_impossible_numbers_of_mics(void)
{
    g_autofree void *memory = g_malloc(speech_gains_size());
    g_assert_null(speech_gains_init(memory, 0));
    g_assert_null(speech_gains_init(memory, SPEECH_MICS_MAX + 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/gains/everybody-speaks", test_everybody_speaks);
    g_test_add_func("/speech/gains/a-silent-guest-is-found", test_a_silent_guest_is_found);
    g_test_add_func("/speech/gains/one-person-among-mics", test_one_person_among_mics);
    g_test_add_func("/speech/gains/a-dead-mic-has-nobody", test_a_dead_mic_has_nobody);
    g_test_add_func("/speech/gains/one-mic-is-not-silent", test_one_mic_is_not_silent);
    g_test_add_func("/speech/gains/without-a-voice-anybody-may-speak",
                    test_without_a_voice_anybody_may_speak);
    g_test_add_func("/speech/gains/get-changes-nothing", test_get_changes_nothing);
    g_test_add_func("/speech/gains/hours-fit-in-constant-memory",
                    test_hours_fit_in_constant_memory);
    g_test_add_func("/speech/gains/refuses-impossible-numbers-of-mics",
                    test_refuses_impossible_numbers_of_mics);
    return g_test_run();
}
