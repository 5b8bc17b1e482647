/* A line through matches of which some are wrong. */
#include "align-private.h"

#include <math.h>

/* Who speaks nearer to which microphone moves the peak by the way of the sound: 3 m are 9 ms. */
#define NEAR_S 0.012

static double weight(const MediaMatch *match)
{
    return match->quality < MEDIA_MATCH_MIN ? 0 : MIN(match->quality, 30) - MEDIA_MATCH_MIN + 1;
}

static double distance_s(const MediaMatch *match, const MediaLine *line)
{
    return fabs(match->offset_s - media_line_at(line, match->t_s));
}

static double support(const MediaMatch *matches, gsize n, const MediaLine *line)
{
    double sum = 0;
    for (gsize i = 0; i < n; i++) {
        double near = distance_s(&matches[i], line) / NEAR_S;
        if (near < 1)
            sum += weight(&matches[i]) * (1 - 0.5 * near * near);
    }
    return sum;
}

static void consider(const MediaMatch *matches, gsize n, MediaLine line, MediaLine *best,
                     double *best_support)
{
    double sum = support(matches, n, &line);
    if (sum > *best_support) {
        *best_support = sum;
        *best = line;
    }
}

/* The best of all lines through two of the matches, and of the level ones through each. */
static void best_through_two(const MediaMatch *matches, gsize n, double slope_max, MediaLine *best)
{
    double best_support = -1;
    for (gsize i = 0; i < n; i++) {
        if (weight(&matches[i]) <= 0)
            continue;
        MediaLine level = {matches[i].offset_s, 0};
        consider(matches, n, level, best, &best_support);
        for (gsize k = i + 1; k < n; k++) {
            double apart_s = matches[k].t_s - matches[i].t_s;
            if (weight(&matches[k]) <= 0 || fabs(apart_s) < 1e-3)
                continue;
            double slope = (matches[k].offset_s - matches[i].offset_s) / apart_s;
            MediaLine line = {matches[i].offset_s - slope * matches[i].t_s, slope};
            if (fabs(slope) <= slope_max)
                consider(matches, n, line, best, &best_support);
        }
    }
}

typedef struct Sums {
    double weight, t, offset, tt, t_offset;
} Sums;

static Sums sum_near(const MediaMatch *matches, gsize n, const MediaLine *line, double origin_s)
{
    Sums sums = {0};
    for (gsize i = 0; i < n; i++) {
        double w = distance_s(&matches[i], line) < NEAR_S ? weight(&matches[i]) : 0;
        double t_s = matches[i].t_s - origin_s;
        sums.weight += w;
        sums.t += w * t_s;
        sums.offset += w * matches[i].offset_s;
        sums.tt += w * t_s * t_s;
        sums.t_offset += w * t_s * matches[i].offset_s;
    }
    return sums;
}

/* How uncertain a slope is: by the scatter of the inliers and how far apart they lie. */
static double slope_error(const MediaMatch *matches, gsize n, const MediaLine *line, double spread)
{
    double square = 0;
    gsize count = 0;
    for (gsize i = 0; i < n; i++) {
        double off_s = distance_s(&matches[i], line);
        if (weight(&matches[i]) <= 0 || off_s >= NEAR_S)
            continue;
        square += off_s * off_s;
        count++;
    }
    /* A quarter of a sample of the 4 kHz sound is the least scatter that means anything. Matches in
     * one turn of one speaker are off by the same, so that only about every fourth counts. */
    double scatter_s = count > 2 ? MAX(sqrt(square / (double)(count - 2)), 60e-6) : 1;
    return scatter_s / sqrt(MAX(spread, 1e-9) * (double)MAX(count, 4) / 4);
}

static void least_squares(const MediaMatch *matches, gsize n, double slope_max, MediaLine *line)
{
    double origin_s = matches[n / 2].t_s;
    Sums sums = sum_near(matches, n, line, origin_s);
    if (sums.weight <= 0)
        return;
    double mean_t = sums.t / sums.weight, mean_offset = sums.offset / sums.weight;
    double spread = sums.tt / sums.weight - mean_t * mean_t;
    double slope =
        spread > 1e-6 ? (sums.t_offset / sums.weight - mean_t * mean_offset) / spread : 0;
    slope = CLAMP(slope, -slope_max, slope_max);
    MediaLine found = {mean_offset - slope * (mean_t + origin_s), slope};
    if (fabs(slope) < 3 * slope_error(matches, n, &found, spread))
        found = (MediaLine){mean_offset, 0}; /* no drift that could be told from chance */
    *line = found;
}

double media_line_fit(const MediaMatch *matches, gsize n, double slope_max, MediaLine *line,
                      gsize *inliers)
{
    *inliers = 0;
    double total = 0, near = 0;
    for (gsize i = 0; i < n; i++)
        total += weight(&matches[i]);
    if (total <= 0)
        return 0;
    best_through_two(matches, n, slope_max, line);
    for (int round = 0; round < 3; round++)
        least_squares(matches, n, slope_max, line);
    for (gsize i = 0; i < n; i++) {
        if (weight(&matches[i]) <= 0 || distance_s(&matches[i], line) >= NEAR_S)
            continue;
        near += weight(&matches[i]);
        (*inliers)++;
    }
    return near / total;
}
