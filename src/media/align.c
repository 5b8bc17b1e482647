/* Where all files lie: each with sound against the first that has some, or, where they have
 * nothing in common, against one that has been placed already. */
#include "align-private.h"

#include <math.h>
#include <media/error.h>

/* Starts nearer to each other than this were started together: one remote, one clap. */
#define TOGETHER_S 0.1

typedef struct Placing {
    const MediaListener *listener;
    const GPtrArray *sources;
    const double *given; /* or NULL */
    MediaAlignment *out;
    gboolean *placed;
} Placing;

static gboolean has_sound(const Placing *self, int i)
{
    return self->listener->heard[i].frames != NULL;
}

static gboolean is_given(const Placing *self, int i)
{
    return i > 0 && self->given != NULL && !isnan(self->given[i]);
}

static const ShowSource *source_of(const Placing *self, int i)
{
    return self->sources->pdata[i];
}

static void place(Placing *self, int i, ShowClock clock, double confidence)
{
    self->out[i] =
        (MediaAlignment){.clock = clock, .confidence = confidence, .given = is_given(self, i)};
    self->placed[i] = TRUE;
}

/* ---- one file against one that has its place ---- */

/* The pair speaks of the reference's own time; the session's may run otherwise. */
static ShowClock clock_of(const ShowClock *reference, const MediaLine *line)
{
    double rate = (1 + reference->drift_ppm * 1e-6) / (1 + line->slope);
    return (ShowClock){.start_s = show_clock_to_session(reference, line->start_s),
                       .drift_ppm = (rate - 1) * 1e6};
}

/* Places i by its sound if that convinces. */
static gboolean try_against(Placing *self, int i, int reference, double *best, GError **error)
{
    MediaPair pair;
    const MediaHeard *heard = self->listener->heard;
    if (!media_pair_align(&heard[reference], &heard[i], &pair, error))
        return FALSE;
    *best = MAX(*best, pair.confidence);
    if (pair.confidence >= MEDIA_ALIGN_CONFIDENT &&
        fabs(pair.line.start_s) <= MEDIA_ALIGN_OFFSET_MAX_S + 5)
        place(self, i, clock_of(&self->out[reference].clock, &pair.line),
              MIN(pair.confidence, self->out[reference].confidence));
    return TRUE;
}

/* Keeps the start that the user gave; takes the drift if it can be heard. */
static gboolean place_given(Placing *self, int i, int reference, GError **error)
{
    ShowClock clock = {.start_s = self->given[i]};
    if (has_sound(self, i) && i != reference) {
        MediaPair pair;
        const MediaHeard *heard = self->listener->heard;
        const ShowClock *against = &self->out[reference].clock;
        double offset_s = show_clock_to_source(against, clock.start_s);
        if (!media_pair_refine(&heard[reference], &heard[i], offset_s, &pair, error))
            return FALSE;
        if (pair.confidence >= MEDIA_ALIGN_CONFIDENT)
            clock.drift_ppm = clock_of(against, &pair.line).drift_ppm;
    }
    place(self, i, clock, 1);
    return TRUE;
}

/* ---- all files ---- */

static int first_with_sound(const Placing *self)
{
    for (int i = 0; i < self->listener->n; i++)
        if (has_sound(self, i))
            return i;
    return -1;
}

static gboolean set_unaligned(const Placing *self, int i, const char *why, GError **error)
{
    const ShowSource *source = source_of(self, i), *first = source_of(self, 0);
    const char *path = self->listener->heard[i].path;
    g_autofree char *named = path != NULL ? g_strdup(path)
                             : g_str_equal(source->label, source->id)
                                 ? g_strdup(source->id)
                                 : g_strdup_printf("%s (%s)", source->label, source->id);
    const char *other = i > 0 ? source->id : source_of(self, MIN(1, self->listener->n - 1))->id;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_ALIGN,
                "%s: %s; say when it began with --offset %s=+1.234 (seconds after the start of %s)",
                named, why, other, first->id);
    return FALSE;
}

/* Pairs are tried in order, those that have their place serving the others, until nothing more
 * comes of it. */
static gboolean place_by_sound(Placing *self, int reference, GError **error)
{
    int n = self->listener->n;
    g_autofree gboolean *tried = g_new0(gboolean, (gsize)n * (gsize)n);
    g_autofree double *best = g_new0(double, (gsize)n);
    for (gboolean more = TRUE; more;) {
        more = FALSE;
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n && has_sound(self, i) && !self->placed[i]; k++) {
                int against = k == 0 ? reference : k <= reference ? k - 1 : k;
                gboolean *done = &tried[i * n + against];
                if (*done || !self->placed[against] || !has_sound(self, against))
                    continue;
                *done = TRUE;
                if (!try_against(self, i, against, &best[i], error))
                    return FALSE;
                more = more || self->placed[i];
            }
        }
    }
    for (int i = 0; i < n; i++) {
        if (has_sound(self, i) && !self->placed[i]) {
            g_autofree char *why =
                g_strdup_printf("its sound cannot be matched with the other recordings' "
                                "(confidence %.2f, needs %.2f)",
                                best[i], MEDIA_ALIGN_CONFIDENT);
            return set_unaligned(self, i, why, error);
        }
    }
    return TRUE;
}

/* Source 0 has no sound, so what is placed counts from another file: moves it onto source 0's
 * start by the first file that the user gave. FALSE when there is none. */
static gboolean move_to_source_0(Placing *self, int reference)
{
    for (int i = 0; i < self->listener->n; i++) {
        if (!is_given(self, i) || !has_sound(self, i))
            continue;
        double by_s = self->given[i] - self->out[i].clock.start_s;
        for (int k = reference; k < self->listener->n; k++)
            if (self->placed[k])
                self->out[k].clock.start_s += by_s;
        return TRUE;
    }
    return FALSE;
}

/* Whether all that have a place begin within TOGETHER_S; the earliest start. */
static gboolean all_together(const Placing *self, double *start_s)
{
    double first_s = INFINITY, last_s = -INFINITY;
    for (int i = 0; i < self->listener->n; i++) {
        if (!self->placed[i])
            continue;
        first_s = MIN(first_s, self->out[i].clock.start_s);
        last_s = MAX(last_s, self->out[i].clock.start_s);
    }
    *start_s = isfinite(first_s) ? first_s : 0;
    return !isfinite(first_s) || last_s - first_s <= TOGETHER_S;
}

static gboolean place_silent(Placing *self, GError **error)
{
    double start_s = 0;
    gboolean together = all_together(self, &start_s);
    for (int i = 0; i < self->listener->n; i++) {
        if (self->placed[i])
            continue;
        if (is_given(self, i)) {
            place(self, i, (ShowClock){.start_s = self->given[i]}, 1);
            continue;
        }
        if (!together)
            return set_unaligned(self, i, "it has no sound, and the others did not start together",
                                 error);
        place(self, i, (ShowClock){.start_s = start_s}, self->listener->n == 1 ? 1 : 0);
    }
    return TRUE;
}

static void start_at_zero(Placing *self)
{
    double first_s = INFINITY;
    for (int i = 0; i < self->listener->n; i++)
        first_s = MIN(first_s, self->out[i].clock.start_s);
    for (int i = 0; i < self->listener->n; i++)
        self->out[i].clock.start_s -= first_s;
}

static gboolean place_with_sound(Placing *self, GError **error)
{
    int reference = first_with_sound(self);
    if (reference < 0)
        return TRUE;
    place(self, reference, (ShowClock){0}, 1);
    if (is_given(self, reference))
        self->out[reference].clock.start_s = self->given[reference];
    gboolean counted = reference == 0 || is_given(self, reference);
    /* Given files count from source 0: known when the reference does, too. Otherwise the first of
     * them is found by its sound and moves all others. */
    for (int i = 0; counted && i < self->listener->n; i++)
        if (is_given(self, i) && has_sound(self, i) && !self->placed[i])
            if (!place_given(self, i, reference, error))
                return FALSE;
    if (!place_by_sound(self, reference, error))
        return FALSE;
    gboolean moved = counted || move_to_source_0(self, reference);
    if (reference > 0 && moved)
        place(self, 0, (ShowClock){0}, 1);
    return TRUE;
}

gboolean media_align(MediaListener *listener, const GPtrArray *sources, const double *given,
                     MediaAlignment *out, GError **error)
{
    g_return_val_if_fail((int)sources->len == listener->n, FALSE);
    g_autofree gboolean *placed = g_new0(gboolean, (gsize)listener->n + 1);
    Placing self = {
        .listener = listener, .sources = sources, .given = given, .out = out, .placed = placed};
    if (!place_with_sound(&self, error) || !place_silent(&self, error))
        return FALSE;
    start_at_zero(&self);
    return TRUE;
}
