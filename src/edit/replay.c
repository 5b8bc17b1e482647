/* A log through the director, and its decisions as shots on frames. */
#include <edit/replay.h>

#include "feed-private.h"
#include "people-private.h"
#include "reign-private.h"
#include "run-private.h"

#include <edit/error.h>
#include <edit/frames.h>

#include <stdlib.h>
#include <string.h>

/* Time goes on in steps, so that no more decisions wait than the director keeps. */
enum { STEP_MS = 5000 };

static const char *const mode_names[] = {
    [EDIT_MODE_CAUSAL] = "causal",
    [EDIT_MODE_LOOK_AHEAD] = "look-ahead",
    [EDIT_MODE_FULL] = "full",
};

EditMode edit_mode_from_name(const char *name)
{
    for (int i = EDIT_MODE_CAUSAL; i <= EDIT_MODE_FULL; i++)
        if (g_strcmp0(name, mode_names[i]) == 0)
            return (EditMode)i;
    return EDIT_MODE_UNSET;
}

const char *edit_mode_name(EditMode mode)
{
    return mode >= EDIT_MODE_CAUSAL && mode <= EDIT_MODE_FULL ? mode_names[mode] : "unset";
}

/* ---- one director over its lines ---- */

static DirectorSettings settings_of(const EditReplay *replay)
{
    DirectorSettings settings = *replay->settings;
    if (replay->mode != EDIT_MODE_LOOK_AHEAD)
        settings.look_ahead_ms = 0;
    return settings;
}

static gboolean feed_until(EditRun *run, const GPtrArray *lines, gint64 last_ms, GError **error)
{
    for (guint i = 0; i < lines->len; i++) {
        /* Not a break: a later decider's own lines may lie before ones it took over. */
        if (show_event_at_ms(lines->pdata[i]) <= last_ms &&
            !edit_run_line(run, lines->pdata[i], error))
            return FALSE;
    }
    edit_run_advance(run, last_ms);
    return TRUE;
}

/* What this reign's director decides up to wall time last_ms, from its beginning. New array. */
static GArray *run_reign(const EditReplay *replay, const GPtrArray *in_order, const Reign *reign,
                         gint64 last_ms, GError **error)
{
    DirectorSettings settings = settings_of(replay);
    EditRunOptions options = {
        .sources = replay->sources,
        .table = reign->sources,
        .lines = in_order,
        .settings = &settings,
        .ignore_manual = replay->ignore_manual,
        .start_ms = replay->start_ms,
    };
    EditRun run;
    gboolean good =
        edit_run_init(&run, &options, error) && feed_until(&run, reign->lines, last_ms, error);
    GArray *decisions = good ? g_steal_pointer(&run.decisions) : NULL;
    edit_run_clear(&run);
    return decisions;
}

/* ---- one director after the other ---- */

/* Until when a reign lasts: the earliest beginning of a later one. */
static gint64 reign_end_ms(const GPtrArray *reigns, guint index)
{
    gint64 end_ms = G_MAXINT64;
    for (guint i = index + 1; i < reigns->len; i++)
        end_ms = MIN(end_ms, ((const Reign *)reigns->pdata[i])->from_ms);
    return end_ms;
}

/* Of `own` what counts: what is on screen when the reign begins, then what it decides until it
 * ends. Times are of content. */
static void append_reign(GArray *all, const GArray *own, gint64 from_ms, gint64 end_ms)
{
    const DirectorDecision *before = NULL;
    for (guint i = 0; i < own->len; i++) {
        const DirectorDecision *decision = &g_array_index(own, DirectorDecision, i);
        if (decision->t_ms <= from_ms)
            before = decision;
    }
    if (before != NULL) {
        DirectorDecision begin = *before;
        begin.t_ms = from_ms;
        g_array_append_val(all, begin);
    }
    for (guint i = 0; i < own->len; i++) {
        const DirectorDecision *decision = &g_array_index(own, DirectorDecision, i);
        if (decision->t_ms > from_ms && decision->t_ms < end_ms)
            g_array_append_val(all, *decision);
    }
}

static GArray *decide_causally(const EditReplay *replay, GError **error)
{
    g_autoptr(GPtrArray) reigns = edit_reigns_new(replay->log, replay->sources, error);
    if (reigns == NULL)
        return NULL;
    g_autoptr(GPtrArray) in_order = edit_events_in_order(replay->log);
    gint64 late_ms = settings_of(replay).look_ahead_ms;
    gint64 last_ms = replay->start_ms + replay->duration_ms + late_ms;
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(DirectorDecision));
    for (guint i = 0; i < reigns->len; i++) {
        const Reign *reign = reigns->pdata[i];
        gint64 end_ms = reign_end_ms(reigns, i);
        if (end_ms <= reign->from_ms || end_ms <= replay->start_ms || reign->from_ms > last_ms)
            continue;
        g_autoptr(GArray) own = run_reign(replay, in_order, reign, MIN(last_ms, end_ms), error);
        if (own == NULL)
            return NULL;
        gint64 from_ms = MAX(reign->from_ms, replay->start_ms) - (i > 0 ? late_ms : 0);
        append_reign(all, own, MAX(from_ms, replay->start_ms),
                     end_ms == G_MAXINT64 ? end_ms : end_ms - late_ms);
    }
    return g_steal_pointer(&all);
}

/* ---- full knowledge ---- */

static GArray *resolve_all(const EditReplay *replay, const DirectorSettings *settings)
{
    g_autoptr(GPtrArray) lines = edit_events_in_order(replay->log);
    g_autoptr(GArray) feed = edit_feed_new(lines, replay->sources, replay->ignore_manual);
    GArray *events = g_array_sized_new(FALSE, FALSE, sizeof(DirectorEvent), feed->len);
    for (guint i = 0; i < feed->len; i++) {
        DirectorEvent event = edit_feed_resolve(&g_array_index(feed, FeedEvent, i), settings);
        if (event.type != DIRECTOR_EVENT_UNSET)
            g_array_append_val(events, event);
    }
    return events;
}

static GArray *decide_fully(const EditReplay *replay, GError **error)
{
    DirectorSettings settings = settings_of(replay);
    DirectorSource sources[SHOW_SOURCES_MAX];
    edit_director_sources(replay->sources, sources);
    int n = (int)replay->sources->len;
    g_autoptr(GArray) events = resolve_all(replay, &settings);
    void *memory = g_aligned_alloc0(1, director_plan_size(n), 16);
    DirectorPlan *plan = director_plan_init(
        memory, sources, n, &settings, (const DirectorEvent *)(gpointer)events->data, events->len,
        replay->start_ms, replay->start_ms + replay->duration_ms);
    GArray *decisions = NULL;
    if (plan != NULL) {
        DirectorDecision decision;
        decisions = g_array_new(FALSE, FALSE, sizeof decision);
        while (director_plan_next(plan, &decision))
            g_array_append_val(decisions, decision);
    } else {
        const DirectorSettingInfo *wrong = director_settings_check(&settings);
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                    "cannot direct: the setting %s is out of range",
                    wrong != NULL ? wrong->name : "?");
    }
    g_aligned_free(memory);
    return decisions;
}

/* ---- shots ---- */

typedef struct FrameShot {
    gint64 frame;
    DirectorDecision decision;
} FrameShot;

/* The first frame that is not before the decision: a picture is never older than what decided it.
 * In milliseconds as shots.json has them, so that a frame's own time names that frame. */
static gint64 frame_of(const DirectorDecision *decision, const EditReplay *replay, ShowRate rate)
{
    gint64 t_ms = MAX(0, decision->t_ms - replay->start_ms);
    gint64 frame = show_rate_frame(rate, t_ms);
    return show_rate_ms(rate, frame) < t_ms ? frame + 1 : frame;
}

static void add_frame_shot(GArray *shots, gint64 frame, const DirectorDecision *decision)
{
    if (shots->len > 0) {
        const FrameShot *last = &g_array_index(shots, FrameShot, shots->len - 1);
        frame = MAX(frame, last->frame);
        if (last->frame == frame) /* it would last no frame */
            g_array_set_size(shots, shots->len - 1);
    } else {
        frame = 0;
    }
    if (shots->len > 0 &&
        g_array_index(shots, FrameShot, shots->len - 1).decision.source == decision->source)
        return;
    FrameShot shot = {shots->len > 0 ? frame : 0, *decision};
    g_array_append_val(shots, shot);
}

static ShowShots *shots_from(const EditReplay *replay, const GArray *decisions)
{
    ShowShots *shots = show_shots_new();
    shots->rate = replay->rate;
    shots->start_ms = replay->start_ms;
    shots->duration_ms = replay->duration_ms;
    ShowRate rate = edit_shots_rate(shots);
    g_autoptr(GArray) on_frames = g_array_new(FALSE, FALSE, sizeof(FrameShot));
    for (guint i = 0; i < decisions->len; i++) {
        const DirectorDecision *decision = &g_array_index(decisions, DirectorDecision, i);
        gint64 frame = frame_of(decision, replay, rate);
        if (show_rate_ms(rate, frame) < replay->duration_ms)
            add_frame_shot(on_frames, frame, decision);
    }
    for (guint i = 0; i < on_frames->len; i++) {
        const FrameShot *shot = &g_array_index(on_frames, FrameShot, i);
        int index = shot->decision.source;
        gboolean known = index >= 0 && index < (int)replay->sources->len;
        const ShowSource *source = known ? replay->sources->pdata[index] : NULL;
        show_shots_add(shots, show_rate_ms(rate, shot->frame), known ? source->id : "",
                       director_reason_name(shot->decision.reason));
    }
    return shots;
}

static gboolean check(const EditReplay *replay, GError **error)
{
    if (replay->sources->len < 1 || replay->sources->len > SHOW_SOURCES_MAX) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                    "cannot direct %u sources; expected 1 to %d", replay->sources->len,
                    SHOW_SOURCES_MAX);
        return FALSE;
    }
    if (replay->duration_ms < 1 || replay->duration_ms > SHOW_T_MS_MAX) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                    "cannot direct a program of %" G_GINT64_FORMAT
                    " ms; say how long it is with --duration",
                    replay->duration_ms);
        return FALSE;
    }
    return TRUE;
}

ShowShots *edit_replay(const EditReplay *replay, GError **error)
{
    g_assert(replay->mode >= EDIT_MODE_CAUSAL && replay->mode <= EDIT_MODE_FULL);
    if (!check(replay, error))
        return NULL;
    g_autoptr(GArray) decisions = replay->mode == EDIT_MODE_FULL ? decide_fully(replay, error)
                                                                 : decide_causally(replay, error);
    if (decisions == NULL)
        return NULL;
    g_autoptr(ShowShots) shots = shots_from(replay, decisions);
    if (shots->shots->len == 0) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                    "the director decided nothing: no source can be shown");
        return NULL;
    }
    return g_steal_pointer(&shots);
}
