/* How two files of one room lie to each other, by their sound. */
#pragma once
#include "listen-private.h"

#define MEDIA_ALIGN_OFFSET_MAX_S 600.0
#define MEDIA_ALIGN_DRIFT_MAX    200e-6

/* A place in file b, where it lies in file a, and how sure that is. */
typedef struct MediaMatch {
    double t_s;      /* in b */
    double offset_s; /* a's time less b's time */
    double quality; /* peak of the correlation over its rms; 3 … 5 for sounds that have nothing in
                        common */
} MediaMatch;

/* offset at t = start_s + slope × t. */
typedef struct MediaLine {
    double start_s, slope;
} MediaLine;

typedef struct MediaPair {
    MediaLine line; /* a's time less b's time, over b's time */
    double confidence;
} MediaPair;

/* ---- envelope.c: where to look ---- */

/* Compares `seconds` of file b, from t_s, with file a up to MEDIA_ALIGN_OFFSET_MAX_S around; the
 * rise and fall of four bands. quality as above, over all offsets. */
gboolean media_envelope_match(const MediaHeard *a, const MediaHeard *b, double t_s, double seconds,
                              MediaMatch *match, GError **error);

/* ---- correlate.c: exactly ---- */

/* GCC-PHAT of `seconds` of b from t_s with a around t_s + offset_s, ± range_s. match->t_s is the
 * middle of the stretch. */
gboolean media_correlate(const MediaHeard *a, const MediaHeard *b, double t_s, double seconds,
                         double offset_s, double range_s, MediaMatch *match, GError **error);

/* ---- line-fit.c ---- */

/* The line that most of the matches (by weight) lie near to. Returns their share of the weight, and
 * in `inliers` how many they are. Matches of a quality below MEDIA_MATCH_MIN do not count. */
double media_line_fit(const MediaMatch *matches, gsize n, double slope_max, MediaLine *line,
                      gsize *inliers);
#define MEDIA_MATCH_MIN 6.0

static inline double media_line_at(const MediaLine *line, double t_s)
{
    return line->start_s + line->slope * t_s;
}

/* ---- align-pair.c ---- */

/* Finds how b lies to a. confidence says whether to believe it. */
gboolean media_pair_align(const MediaHeard *a, const MediaHeard *b, MediaPair *pair,
                          GError **error);
/* Drift, when it is known to half a second where b begins. */
gboolean media_pair_refine(const MediaHeard *a, const MediaHeard *b, double offset_s,
                           MediaPair *pair, GError **error);
#define MEDIA_ALIGN_CONFIDENT 0.5
