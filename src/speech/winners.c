/* Whose windows are whose, without knowing how sensitive the mics are.
 *
 * L_i − L_j, the difference of two mics' levels, takes three values: high while i's person speaks,
 * low while j's does, and one between while others do. So the middle between its highest and its
 * lowest values separates i from j, whatever their sensitivities. A window belongs to the mic that
 * is ahead of all others; from the means over each mic's windows better middles are computed, and
 * so on. A mic without a person of its own wins nothing, or windows that differ too little from
 * somebody else's: it leaves, and the rest is computed again. */
#include "gains-private.h"
#include "maths-private.h"

enum { ROUNDS = 8, NOBODY = -1, EVERYBODY = -2, BINS = 401 };
/* Two mics that are less apart than this hear one person: between what each hears of its own, dB,
 * and in units of how much these vary (from the 20th to the 80th percentile; one bell curve cut in
 * halves gives 1.3, an even spread 1.7). */
static const float APART_MIN_DB = 5.0f;
static const float APART_MIN_SPREADS = 1.9f;
/* And a mic must be this much further ahead in its own windows than when a third person speaks. */
static const float AHEAD_MIN_DB = 0.6f;
/* What a mic hears of voices moves at least this much. */
static const float HEARD_MIN_DB = 3.0f;

/* Of the windows that one mic wins. */
typedef struct Cluster {
    int count;
    float mean_db[SPEECH_MICS_MAX];
} Cluster;

typedef struct Work {
    const SpeechGains *gains;
    GainsWinners *winners;
    float middle_db[SPEECH_MICS_MAX][SPEECH_MICS_MAX]; /* of the range of L_i − L_j */
    int8_t winner[GAINS_WINDOWS_MAX];
    Cluster clusters[SPEECH_MICS_MAX];
} Work;

static float level_db(const Work *work, int window, int mic)
{
    return (float)work->gains->windows[window].level[mic] * 0.01f;
}

/* Of L_i − L_j, in steps of half a dB from −100 dB. */
typedef struct Histogram {
    int count;
    uint16_t bins[BINS];
} Histogram;

/* Counts the windows that `winner` won, or all. */
static void count_differences(const Work *work, int i, int j, int winner, Histogram *histogram)
{
    *histogram = (Histogram){0};
    for (int w = 0; w < work->gains->count; w++) {
        if (winner != EVERYBODY && work->winner[w] != winner)
            continue;
        float difference = level_db(work, w, i) - level_db(work, w, j);
        histogram->bins[(int)(difference * 2.0f + 200.5f)]++;
        histogram->count++;
    }
}

/* The same for the level itself. */
static void count_levels(const Work *work, int mic, Histogram *histogram)
{
    *histogram = (Histogram){.count = work->gains->count};
    for (int w = 0; w < work->gains->count; w++)
        histogram->bins[(int)(level_db(work, w, mic) * 2.0f + 200.5f)]++;
}

/* The value that this part of all is below, in percent. */
static float quantile_db(const Histogram *histogram, int percent)
{
    int rank = (histogram->count - 1) * percent / 100;
    int below = 0;
    for (int bin = 0; bin < BINS; bin++) {
        below += histogram->bins[bin];
        if (below > rank)
            return ((float)bin - 200.0f) * 0.5f;
    }
    return 0.0f;
}

/* One in fifty on each side may be anything: a knock on a mic, laughter. */
static float middle_of_range(const Work *work, int i, int j)
{
    Histogram histogram;
    count_differences(work, i, j, EVERYBODY, &histogram);
    return 0.5f * (quantile_db(&histogram, 1) + quantile_db(&histogram, 99));
}

/* A muted mic, or a source without sound, stays at its hiss while others speak. Compared with a
 * voice it would seem to win whenever that is soft. */
static bool hears_anything(const Work *work, int mic)
{
    Histogram histogram;
    count_levels(work, mic, &histogram);
    return quantile_db(&histogram, 98) - quantile_db(&histogram, 2) >= HEARD_MIN_DB;
}

static void start_with_who_hears(Work *work)
{
    for (int i = 0; i < work->gains->mics; i++) {
        work->winners->active[i] = hears_anything(work, i);
        work->winners->active_count += work->winners->active[i] ? 1 : 0;
    }
}

static void measure_ranges(Work *work)
{
    for (int i = 0; i < work->gains->mics; i++) {
        for (int j = 0; j < i; j++) {
            float middle = middle_of_range(work, i, j);
            work->middle_db[i][j] = middle;
            work->middle_db[j][i] = -middle;
        }
    }
}

static void start_in_the_middle(Work *work)
{
    for (int i = 0; i < work->gains->mics; i++) {
        for (int j = 0; j < work->gains->mics; j++)
            work->winners->threshold_db[i][j] = work->middle_db[i][j];
    }
}

static bool wins(const Work *work, int window, int mic)
{
    for (int other = 0; other < work->gains->mics; other++) {
        if (other == mic || !work->winners->active[other])
            continue;
        float difference = level_db(work, window, mic) - level_db(work, window, other);
        if (difference <= work->winners->threshold_db[mic][other])
            return false;
    }
    return true;
}

static int winner_of(const Work *work, int window)
{
    for (int mic = 0; mic < work->gains->mics; mic++) {
        if (work->winners->active[mic] && wins(work, window, mic))
            return mic;
    }
    return NOBODY;
}

/* Returns whether anything changed. */
static bool assign(Work *work)
{
    bool changed = false;
    for (int w = 0; w < work->gains->count; w++) {
        int winner = winner_of(work, w);
        changed = changed || winner != work->winner[w];
        work->winner[w] = (int8_t)winner;
    }
    return changed;
}

static void measure_means(Work *work)
{
    int mics = work->gains->mics;
    for (int k = 0; k < mics; k++)
        work->clusters[k] = (Cluster){0};
    for (int w = 0; w < work->gains->count; w++) {
        if (work->winner[w] == NOBODY)
            continue;
        Cluster *cluster = &work->clusters[work->winner[w]];
        cluster->count++;
        for (int i = 0; i < mics; i++)
            cluster->mean_db[i] += level_db(work, w, i);
    }
    for (int k = 0; k < mics; k++) {
        for (int i = 0; i < mics && work->clusters[k].count > 0; i++)
            work->clusters[k].mean_db[i] /= (float)work->clusters[k].count;
    }
}

static float difference_db(const Cluster *cluster, int i, int j)
{
    return cluster->mean_db[i] - cluster->mean_db[j];
}

static void move_thresholds(Work *work)
{
    GainsWinners *winners = work->winners;
    for (int i = 0; i < work->gains->mics; i++) {
        for (int j = 0; j < i; j++) {
            const Cluster *a = &work->clusters[i];
            const Cluster *b = &work->clusters[j];
            if (a->count == 0 || b->count == 0)
                continue;
            float middle = 0.5f * (difference_db(a, i, j) + difference_db(b, i, j));
            winners->threshold_db[i][j] = middle;
            winners->threshold_db[j][i] = -middle;
        }
    }
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* How clearly what mics i and j hear of their own people differs; 1 is just enough. */
static float apart(const Work *work, int i, int j)
{
    Histogram own, theirs;
    count_differences(work, i, j, i, &own);
    count_differences(work, i, j, j, &theirs);
    float distance = quantile_db(&own, 50) - quantile_db(&theirs, 50);
    float spread = quantile_db(&own, 80) - quantile_db(&own, 20) + quantile_db(&theirs, 80) -
                   quantile_db(&theirs, 20);
    return smaller(distance / APART_MIN_DB, distance / (0.5f * spread + 0.5f) / APART_MIN_SPREADS);
}

/* How clearly i is further ahead of j in its own windows than in k's; 1 is just enough. */
static float ahead(const Work *work, int i, int j, int k)
{
    return (difference_db(&work->clusters[i], i, j) - difference_db(&work->clusters[k], i, j)) /
           AHEAD_MIN_DB;
}

static bool has_windows(const Work *work, int mic)
{
    return work->winners->active[mic] && work->clusters[mic].count > 0;
}

/* What speaks for a person at mic i. */
typedef struct Evidence {
    float weakest; /* of all; below 1 it is not enough */
    float doubt;   /* lower: more likely that there is nobody */
} Evidence;

static Evidence evidence(const Work *work, int i)
{
    int enough = 4 + work->gains->count / 300;
    if (work->clusters[i].count < enough) {
        float few = (float)work->clusters[i].count / (float)enough - 1.0f;
        return (Evidence){few, -100.0f + few};
    }
    float least_apart = 100.0f;
    float least_ahead = 100.0f;
    for (int k = 0; k < work->gains->mics; k++) {
        if (k == i || !has_windows(work, k))
            continue;
        least_apart = smaller(least_apart, apart(work, i, k));
        for (int j = 0; j < work->gains->mics; j++) {
            if (j != i && j != k && has_windows(work, j))
                least_ahead = smaller(least_ahead, ahead(work, i, j, k));
        }
    }
    /* Two mics that share one person are as little apart from each other: then it is the other
     * that tells them. */
    return (Evidence){smaller(least_apart, least_ahead), least_apart + least_ahead};
}

static void settle(Work *work)
{
    start_in_the_middle(work);
    for (int round = 0; round < ROUNDS; round++) {
        if (!assign(work) && round > 0)
            return;
        measure_means(work);
        move_thresholds(work);
    }
}

/* Returns false when all who are left have a person of their own. */
static bool drop_one(Work *work)
{
    int worst = NOBODY;
    float most_doubt = 0.0f;
    for (int i = 0; i < work->gains->mics; i++) {
        if (!work->winners->active[i])
            continue;
        Evidence found = evidence(work, i);
        if (found.weakest < 1.0f && (worst == NOBODY || found.doubt < most_doubt)) {
            most_doubt = found.doubt;
            worst = i;
        }
    }
    if (worst == NOBODY)
        return false;
    work->winners->active[worst] = false;
    work->winners->active_count--;
    return true;
}

static void conclude(Work *work)
{
    GainsWinners *winners = work->winners;
    winners->isolation_db = 99.0f;
    for (int i = 0; i < work->gains->mics; i++) {
        winners->own_db[i] = work->clusters[i].mean_db[i];
        for (int j = 0; j < i; j++) {
            if (!winners->active[i] || !winners->active[j])
                continue;
            float both =
                difference_db(&work->clusters[i], i, j) - difference_db(&work->clusters[j], i, j);
            if (0.5f * both < winners->isolation_db)
                winners->isolation_db = 0.5f * both;
        }
    }
}

void speech_gains_find_winners(const SpeechGains *gains, GainsWinners *winners)
{
    Work work = {.gains = gains, .winners = winners};
    *winners = (GainsWinners){.isolation_db = 99.0f};
    if (gains->count == 0)
        return;
    start_with_who_hears(&work);
    measure_ranges(&work);
    do
        settle(&work);
    while (drop_one(&work));
    conclude(&work);
}
