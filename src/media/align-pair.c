/* Two files: where to look from their envelopes, then exact matches along their whole overlap and
 * a line through them. */
#include "align-private.h"

#include <math.h>
#include <string.h>

#define CHUNK_S    240.0 /* of the shorter file, compared with the longer over all offsets */
#define STRETCH_S  4.0   /* of one exact match; drift blurs it by 0.8 ms at most */
#define SLOPE_MAX  (MEDIA_ALIGN_DRIFT_MAX * 1.25)
#define SHARE_FULL 0.4 /* of the stretches match: long silences are no reason to doubt */
enum { CHUNKS = 6, FIRST_MATCHES = 48, MATCHES = 120, SURE_INLIERS = 4 };

/* ---- matches along the overlap ---- */

typedef struct Overlap {
    double from_s, to_s; /* in b */
} Overlap;

static Overlap find_overlap(const MediaHeard *a, const MediaHeard *b, const MediaLine *line)
{
    Overlap overlap = {MAX(0, -line->start_s), media_heard_duration_s(b)};
    overlap.to_s = MIN(overlap.to_s,
                       media_heard_duration_s(a) - media_line_at(line, media_heard_duration_s(b)));
    return overlap;
}

/* Takes up to `most` matches, evenly over the overlap, not nearer than half a second. The range
 * grows with the distance from where the line is known, by what drift can do. */
static gboolean take_matches(const MediaHeard *a, const MediaHeard *b, const MediaLine *line,
                             double known_s, double drift, gsize most, GArray *matches,
                             GError **error)
{
    g_array_set_size(matches, 0);
    Overlap overlap = find_overlap(a, b, line);
    double seconds = MIN(STRETCH_S, (overlap.to_s - overlap.from_s) / 2);
    if (seconds < 0.5)
        return TRUE;
    double room_s = overlap.to_s - overlap.from_s - seconds;
    gsize count = (gsize)CLAMP(room_s / 0.5, 1, (double)most);
    for (gsize i = 0; i < count; i++) {
        double t_s = overlap.from_s + room_s * ((double)i + 0.5) / (double)count;
        double range_s = 0.05 + drift * fabs(t_s - known_s);
        MediaMatch match;
        if (!media_correlate(a, b, t_s, seconds, media_line_at(line, t_s), range_s, &match, error))
            return FALSE;
        g_array_append_val(matches, match);
    }
    return TRUE;
}

/* Of the matches that say anything, how many agree; of all that were tried, how many say anything;
 * and are they enough not to be chance? In one room nearly all of the stretches match (99 % on the
 * shows in bench/data at 5.8 to 13.6 dB); of unrelated talk 3 to 12 % do by chance, and 16 % where
 * the same half minute of speech was played in both. */
static double judge(double agreeing, gsize inliers, gsize tried)
{
    if (tried == 0)
        return 0;
    double share = MIN(1, (double)inliers / (double)tried / SHARE_FULL);
    return agreeing * share * (1 - exp(-(double)inliers / SURE_INLIERS));
}

/* From a line known around known_s to one known everywhere. */
static gboolean refine(const MediaHeard *a, const MediaHeard *b, double known_s, MediaPair *pair,
                       GError **error)
{
    g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(MediaMatch));
    double drift = SLOPE_MAX;
    for (int round = 0; round < 2; round++) {
        if (!take_matches(a, b, &pair->line, known_s, drift, round == 0 ? FIRST_MATCHES : MATCHES,
                          matches, error))
            return FALSE;
        gsize inliers = 0;
        double agreeing = media_line_fit((const MediaMatch *)(void *)matches->data, matches->len,
                                         SLOPE_MAX, &pair->line, &inliers);
        pair->confidence = judge(agreeing, inliers, matches->len);
        g_debug("aligning round=%d matches=%u inliers=%" G_GSIZE_FORMAT " agreeing=%.2f "
                "offset_s=%.4f drift_ppm=%.1f",
                round, matches->len, inliers, agreeing, pair->line.start_s, pair->line.slope * 1e6);
        drift = 0;
    }
    return TRUE;
}

/* ---- the search ---- */

static MediaPair reversed(const MediaPair *pair)
{
    /* a = b (1 + s) + o  ⇒  b = (a − o) / (1 + s) */
    double slope = 1 / (1 + pair->line.slope) - 1;
    return (MediaPair){.line = {-pair->line.start_s * (1 + slope), slope},
                       .confidence = pair->confidence};
}

/* The places of the chunks: both ends and the middle first. */
static double chunk_start_s(int index, double duration_s)
{
    static const double order[CHUNKS] = {0.5, 0, 1, 0.25, 0.75, 0.1};
    return order[index] * MAX(0, duration_s - CHUNK_S);
}

static gboolean try_chunk(const MediaHeard *a, const MediaHeard *b, double t_s, MediaPair *pair,
                          GError **error)
{
    double seconds = MIN(CHUNK_S, media_heard_duration_s(b) - t_s);
    MediaMatch coarse;
    *pair = (MediaPair){0};
    if (!media_envelope_match(a, b, t_s, seconds, &coarse, error))
        return FALSE;
    if (coarse.quality < 3)
        return TRUE; /* below what even chance gives: nothing to compare */
    pair->line = (MediaLine){coarse.offset_s, 0};
    return refine(a, b, t_s + seconds / 2, pair, error);
}

gboolean media_pair_align(const MediaHeard *a, const MediaHeard *b, MediaPair *pair, GError **error)
{
    gboolean swap = media_heard_duration_s(b) > media_heard_duration_s(a);
    const MediaHeard *longer = swap ? b : a, *shorter = swap ? a : b;
    double duration_s = media_heard_duration_s(shorter);
    int chunks = duration_s > CHUNK_S ? CHUNKS : 1;
    *pair = (MediaPair){0};
    for (int i = 0; i < chunks && pair->confidence < 0.8; i++) {
        MediaPair found;
        if (!try_chunk(longer, shorter, chunk_start_s(i, duration_s), &found, error))
            return FALSE;
        if (found.confidence > pair->confidence)
            *pair = found;
    }
    if (swap)
        *pair = reversed(pair);
    return TRUE;
}

gboolean media_pair_refine(const MediaHeard *a, const MediaHeard *b, double offset_s,
                           MediaPair *pair, GError **error)
{
    /* Half a second of doubt about where b begins is a line known to that, everywhere. */
    *pair = (MediaPair){.line = {offset_s, 0}};
    Overlap overlap = find_overlap(a, b, &pair->line);
    return refine(a, b, overlap.from_s - 0.5 / SLOPE_MAX, pair, error);
}
