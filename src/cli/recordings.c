#include "recordings.h"

#include "error.h"
#include "parts.h"
#include <edit/fill.h>
#include <edit/recorded.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Shorter holes the picture before fills: a machine under load leaves many of up to a second, in all
 * cameras at once, and a cut for each would be worse to see. Before the first picture there is none to
 * fill with, and behind the last one none comes. */
#define HOLE_MIN_S    2.0
#define EDGE_MIN_S    0.05
#define MISSING_MIN_S 0.2  /* shorter is not worth a line in report.json */
#define NEAR_MS       3000 /* what the log says of a loss lies so near to it */

typedef struct Covered {
    double start_s, end_s; /* session clock */
} Covered;

/* A recording that may stand in for a camera's own, read only when it does. */
typedef struct Spare {
    char *id;
    char *source; /* whose pictures; NULL: the program's */
    CliParts *parts;
    GArray *covered; /* Covered */
    ShowClock clock;
} Spare;

struct CliRecordings {
    char *folder, *staging;
    GPtrArray *joined;    /* char *: files to remove */
    GPtrArray *covered;   /* GArray of Covered, one for each source of the production */
    GPtrArray *spares;    /* Spare * */
    ShowShots *filled;    /* or NULL */
    GPtrArray *stand_ins; /* CliStandIn * */
    gboolean studio;      /* recorded by the studio, not directed from files */
};

static void spare_free(Spare *spare)
{
    cli_parts_free(spare->parts);
    g_array_unref(spare->covered);
    g_free(spare->id);
    g_free(spare->source);
    g_free(spare);
}

static void stand_in_free(CliStandIn *stand_in)
{
    media_info_free(stand_in->info);
    g_free(stand_in->id);
    g_free(stand_in);
}

/* ---- what is covered ---- */

static void cover(GArray *covered, const ShowClock *clock, double from_s, double to_s)
{
    Covered span = {show_clock_to_session(clock, from_s), show_clock_to_session(clock, to_s)};
    if (to_s > from_s)
        g_array_append_val(covered, span);
}

static void cover_part(GArray *covered, const ShowFile *file, const MediaInfo *info)
{
    double at_s = 0;
    for (guint i = 0; file->gaps != NULL && i < file->gaps->len; i++) {
        const ShowGap *gap = &g_array_index(file->gaps, ShowGap, i);
        cover(covered, &file->clock, at_s, (double)gap->start_ms / 1000);
        at_s = (double)gap->end_ms / 1000;
    }
    cover(covered, &file->clock, at_s, info->duration_s);
}

static GArray *cover_parts(const CliParts *parts)
{
    GArray *covered = g_array_new(FALSE, FALSE, sizeof(Covered));
    for (guint i = 0; i < parts->files->len; i++)
        cover_part(covered, parts->files->pdata[i], parts->infos->pdata[i]);
    return covered;
}

/* ---- tracks ---- */

typedef struct Loading {
    CliProduction *production;
    CliRecordings *recordings;
    CliPartsPlace place;
    const char *staging;
} Loading;

static MediaInfo *join_parts(Loading *loading, CliParts *parts, const char *source, GError **error)
{
    g_autofree char *name = g_strdup_printf(".%s.joined.mkv", source);
    g_autofree char *path = g_build_filename(loading->staging, name, NULL);
    MediaInfo *info = cli_parts_join(parts, &loading->place, path, error);
    if (info != NULL && g_str_equal(info->path, path))
        g_ptr_array_add(loading->recordings->joined, g_steal_pointer(&path));
    return info;
}

/* What a device recorded itself stands in where what arrived has nothing. */
static void add_spare(Loading *loading, const char *id, const char *source, CliParts *parts_taken)
{
    Spare *spare = g_new0(Spare, 1);
    spare->id = g_strdup(id);
    spare->source = g_strdup(source);
    spare->parts = parts_taken;
    spare->covered = cover_parts(parts_taken);
    spare->clock = ((const ShowFile *)parts_taken->files->pdata[0])->clock;
    g_ptr_array_add(loading->recordings->spares, spare);
}

static CliParts *load_parts(Loading *loading, const ShowManifest *manifest, const char *source,
                            const char *kind, GError **error)
{
    return cli_parts_new(&loading->place, cli_parts_of_source(manifest, source, kind), error);
}

static gboolean add_track(Loading *loading, const ShowSource *source, CliParts *parts,
                          GError **error)
{
    CliProduction *production = loading->production;
    g_ptr_array_add(loading->recordings->covered, cover_parts(parts));
    const ShowFile *first = parts->files->pdata[0];
    MediaInfo *info = join_parts(loading, parts, source->id, error);
    if (info == NULL)
        return FALSE;
    loading->recordings->studio |= cli_parts_is_studio(first);
    cli_production_add(production, show_source_dup(source), info, NAN);
    guint track = production->tracks->len - 1;
    cli_production_track(production, track)->alignment.clock = first->clock;
    return TRUE;
}

static gboolean load_source(Loading *loading, const ShowManifest *manifest,
                            const ShowSource *source, GError **error)
{
    CliReport *report = loading->production->report;
    g_autoptr(CliParts) parts = load_parts(loading, manifest, source->id, "iso", error);
    g_autoptr(CliParts) own =
        parts != NULL ? load_parts(loading, manifest, source->id, "local", error) : NULL;
    if (own == NULL)
        return FALSE;
    if (parts->files->len == 0 && own->files->len == 0) {
        cli_report_warning(report, "%s: there is no recording of %s (%s)", loading->place.folder,
                           source->id, source->label);
        return TRUE;
    }
    if (parts->files->len == 0) {
        cli_report_warning(report, "%s: of %s (%s) there is only what its own device recorded",
                           loading->place.folder, source->id, source->label);
        return add_track(loading, source, own, error);
    }
    if (own->files->len > 0) {
        g_autofree char *id = g_strconcat(source->id, "_local", NULL);
        add_spare(loading, id, source->id, g_steal_pointer(&own));
    }
    return add_track(loading, source, parts, error);
}

static gboolean load_program(Loading *loading, const ShowManifest *manifest, GError **error)
{
    CliParts *parts = cli_parts_new(&loading->place, cli_parts_of_program(manifest), error);
    if (parts == NULL)
        return FALSE;
    if (parts->files->len > 0)
        add_spare(loading, "program", NULL, parts);
    else
        cli_parts_free(parts);
    return TRUE;
}

CliRecordings *cli_recordings_load(CliProduction *production, const char *folder,
                                   const char *staging, const ShowManifest *manifest,
                                   GError **error)
{
    g_autoptr(CliRecordings) recordings = g_new0(CliRecordings, 1);
    recordings->folder = g_strdup(folder);
    recordings->staging = g_strdup(staging);
    recordings->joined = g_ptr_array_new_with_free_func(g_free);
    recordings->spares = g_ptr_array_new_with_free_func((GDestroyNotify)spare_free);
    recordings->stand_ins = g_ptr_array_new_with_free_func((GDestroyNotify)stand_in_free);
    recordings->covered = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    Loading loading = {
        .production = production,
        .recordings = recordings,
        .place = {folder, production->report, production->cancellable},
        .staging = staging,
    };
    for (guint i = 0; i < manifest->sources->len; i++)
        if (!load_source(&loading, manifest, manifest->sources->pdata[i], error))
            return NULL;
    if (!load_program(&loading, manifest, error))
        return NULL;
    if (production->tracks->len == 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    manifest->sources->len == 0
                        ? "%s: the manifest names no sources"
                        : "%s: there is no recording that can be read: nothing to render",
                    folder);
        return NULL;
    }
    return g_steal_pointer(&recordings);
}

void cli_recordings_free(CliRecordings *recordings)
{
    if (recordings == NULL)
        return;
    for (guint i = 0; i < recordings->joined->len; i++)
        g_unlink(recordings->joined->pdata[i]);
    g_ptr_array_unref(recordings->joined);
    g_ptr_array_unref(recordings->covered);
    g_ptr_array_unref(recordings->spares);
    g_ptr_array_unref(recordings->stand_ins);
    show_shots_free(recordings->filled);
    g_free(recordings->folder);
    g_free(recordings->staging);
    g_free(recordings);
}

ShowRate cli_recordings_rate(const CliRecordings *recordings, const CliProduction *production)
{
    for (guint i = 0; i < production->tracks->len; i++) {
        const MediaInfo *info = cli_production_track(production, i)->info;
        if (info->has_video && !info->variable_rate)
            return (ShowRate){0, 0};
    }
    return recordings->studio ? (ShowRate){30, 1} : (ShowRate){0, 0};
}

/* ---- gaps in the log ---- */

static void forget_near(ShowLog *log, const char *source, gint64 from_ms, gint64 to_ms)
{
    for (guint i = log->events->len; i > 0; i--) {
        const ShowEvent *event = log->events->pdata[i - 1];
        if ((event->type == SHOW_EVENT_SOURCE_LOST || event->type == SHOW_EVENT_SOURCE_BACK) &&
            g_strcmp0(event->source, source) == 0 && event->t_ms >= from_ms && event->t_ms <= to_ms)
            g_ptr_array_remove_index(log->events, i - 1);
    }
}

static void log_gap(CliProduction *production, const char *source, double from_s, double to_s)
{
    gint64 end_ms = production->start_ms + production->duration_ms;
    gint64 frame_ms = show_rate_ms(production->rate, 1);
    gint64 from_ms = MAX(0, (gint64)floor(from_s * 1000) - frame_ms);
    gint64 to_ms = (gint64)ceil(to_s * 1000);
    gboolean edge = from_s <= (double)production->start_ms / 1000 || to_ms >= end_ms;
    if (to_s - from_s < (edge ? EDGE_MIN_S : HOLE_MIN_S))
        return;
    forget_near(production->log, source, from_ms - NEAR_MS, to_ms + NEAR_MS);
    ShowEvent *lost = show_event_new(SHOW_EVENT_SOURCE_LOST, source, from_ms);
    show_event_set(lost, "reason", json_string("no recording"));
    show_log_take(production->log, lost);
    if (to_ms < end_ms)
        show_log_take(production->log, show_event_new(SHOW_EVENT_SOURCE_BACK, source, to_ms));
}

static int compare_starts(gconstpointer a, gconstpointer b)
{
    const Covered *first = a, *second = b;
    return (first->start_s > second->start_s) - (first->start_s < second->start_s);
}

/* What there is of a source, in any of its recordings: new array of Covered, by when they begin. */
static GArray *all_covered(const CliRecordings *recordings, guint track, const char *source)
{
    const GArray *own = recordings->covered->pdata[track];
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Covered));
    g_array_append_vals(all, own->data, own->len);
    for (guint i = 0; i < recordings->spares->len; i++) {
        const Spare *spare = recordings->spares->pdata[i];
        if (g_strcmp0(spare->source, source) == 0)
            g_array_append_vals(all, spare->covered->data, spare->covered->len);
    }
    g_array_sort(all, compare_starts);
    return all;
}

typedef void (*HoleFunc)(CliProduction *production, const char *source, double from_s, double to_s);

/* Calls func for what is not covered of the program. */
static void find_holes(CliProduction *production, const GArray *covered, const char *source,
                       HoleFunc func)
{
    double at_s = (double)production->start_ms / 1000;
    double end_s = at_s + (double)production->duration_ms / 1000;
    for (guint k = 0; k < covered->len; k++) {
        const Covered *span = &g_array_index(covered, Covered, k);
        func(production, source, at_s, MIN(span->start_s, end_s));
        at_s = MAX(at_s, span->end_s);
    }
    func(production, source, at_s, end_s);
}

void cli_recordings_log_gaps(const CliRecordings *recordings, CliProduction *production)
{
    if (!recordings->studio)
        return;
    for (guint i = 0; i < recordings->covered->len; i++) {
        const char *source = ((const ShowSource *)production->sources->pdata[i])->id;
        g_autoptr(GArray) covered = all_covered(recordings, i, source);
        find_holes(production, covered, source, log_gap);
    }
    show_log_sort(production->log);
}

/* ---- the account ---- */

static void add_to_account(CliProduction *production, const char *list, json_t *entry_taken)
{
    json_t *entries = json_object_get(production->account, list);
    if (entries == NULL) {
        entries = json_array();
        json_object_set_new(production->account, list, entries);
    }
    json_array_append_new(entries, entry_taken);
}

static void account_hole(CliProduction *production, const char *source, double from_s, double to_s)
{
    if (to_s - from_s < MISSING_MIN_S)
        return;
    json_int_t from_ms = llround(from_s * 1000) - production->start_ms;
    json_int_t to_ms = llround(to_s * 1000) - production->start_ms;
    add_to_account(production, "missing",
                   json_pack("{s:s,s:I,s:I}", "source", source, "start", from_ms, "end", to_ms));
}

static void account_missing(const CliRecordings *recordings, CliProduction *production)
{
    for (guint i = 0; i < recordings->covered->len; i++)
        find_holes(production, recordings->covered->pdata[i],
                   ((const ShowSource *)production->sources->pdata[i])->id, account_hole);
}

/* ---- standing in ---- */

static GArray *to_session_ms(const GArray *covered)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    for (guint i = 0; i < covered->len; i++) {
        const Covered *span = &g_array_index(covered, Covered, i);
        ShowGap ms = {llround(span->start_s * 1000), llround(span->end_s * 1000)};
        g_array_append_val(spans, ms);
    }
    return spans;
}

/* Borrowed names; its arrays are owned by `spans`. */
static GArray *list_recordings(const CliRecordings *recordings, const CliProduction *production,
                               const ShowShots *on_air, GPtrArray *spans)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(EditRecording));
    for (guint i = 0; i < recordings->covered->len; i++) {
        const char *id = ((const ShowSource *)production->sources->pdata[i])->id;
        GArray *covered = to_session_ms(recordings->covered->pdata[i]);
        EditRecording own = {id, id, covered, NULL};
        g_ptr_array_add(spans, covered);
        g_array_append_val(list, own);
    }
    for (guint i = 0; i < recordings->spares->len; i++) {
        const Spare *spare = recordings->spares->pdata[i];
        GArray *covered = to_session_ms(spare->covered);
        EditRecording other = {spare->id, spare->source, covered,
                               spare->source == NULL ? on_air : NULL};
        g_ptr_array_add(spans, covered);
        g_array_append_val(list, other);
    }
    return list;
}

/* Who was seen in the recorded program, by the log. */
static ShowShots *find_on_air(const CliRecordings *recordings, const CliProduction *production)
{
    const Spare *program =
        recordings->spares->len > 0 ? recordings->spares->pdata[recordings->spares->len - 1] : NULL;
    if (program == NULL || program->source != NULL || program->covered->len == 0)
        return NULL;
    const Covered *first = &g_array_index(program->covered, Covered, 0);
    const Covered *last = &g_array_index(program->covered, Covered, program->covered->len - 1);
    EditRecorded recorded = {
        .log = production->log,
        .start_ms = llround(first->start_s * 1000),
        .duration_ms = llround((last->end_s - first->start_s) * 1000),
        .rate = production->rate,
    };
    return edit_recorded_shots(&recorded, NULL);
}

static Spare *find_spare(const CliRecordings *recordings, const char *id)
{
    for (guint i = 0; i < recordings->spares->len; i++) {
        Spare *spare = recordings->spares->pdata[i];
        if (g_str_equal(spare->id, id))
            return spare;
    }
    return NULL;
}

static gboolean is_ready(const CliRecordings *recordings, const char *id)
{
    for (guint i = 0; i < recordings->stand_ins->len; i++)
        if (g_str_equal(((const CliStandIn *)recordings->stand_ins->pdata[i])->id, id))
            return TRUE;
    return FALSE;
}

/* FALSE without an error: it has no picture after all. */
static gboolean take_spare(CliRecordings *recordings, CliProduction *production, Spare *spare,
                           GError **error)
{
    Loading loading = {production,
                       recordings,
                       {recordings->folder, production->report, production->cancellable},
                       recordings->staging};
    MediaInfo *info = join_parts(&loading, spare->parts, spare->id, error);
    if (info == NULL || !info->has_video) {
        media_info_free(info);
        return FALSE;
    }
    CliStandIn *stand_in = g_new0(CliStandIn, 1);
    stand_in->id = g_strdup(spare->id);
    stand_in->info = info;
    stand_in->clock = spare->clock;
    g_ptr_array_add(recordings->stand_ins, stand_in);
    return TRUE;
}

/* Reads what the shots name besides the cameras. FALSE without an error: not all of it is there. */
static gboolean take_spares(CliRecordings *recordings, CliProduction *production,
                            const ShowShots *filled, guint *used, GError **error)
{
    *used = 0;
    for (guint i = 0; i < filled->shots->len; i++) {
        const ShowShot *shot = filled->shots->pdata[i];
        Spare *spare = find_spare(recordings, shot->source);
        if (spare == NULL)
            continue;
        ++*used;
        if (!is_ready(recordings, spare->id) && !take_spare(recordings, production, spare, error))
            return FALSE;
    }
    return TRUE;
}

static void account_stand_ins(const CliRecordings *recordings, CliProduction *production,
                              const ShowShots *filled)
{
    gint64 total_ms = 0;
    for (guint i = 0; i < filled->shots->len; i++) {
        const ShowShot *shot = filled->shots->pdata[i];
        if (find_spare(recordings, shot->source) == NULL)
            continue;
        json_int_t end_ms = show_shots_end_ms(filled, i);
        total_ms += end_ms - shot->t_ms;
        add_to_account(production, "stand_ins",
                       json_pack("{s:s,s:I,s:I}", "by", shot->source, "start",
                                 (json_int_t)shot->t_ms, "end", end_ms));
    }
    cli_report_warning(production->report,
                       "for %.1f s another recording stands in for a camera's own, which has "
                       "nothing there",
                       (double)total_ms / 1000);
}

gboolean cli_recordings_fill(CliRecordings *recordings, CliProduction *production,
                             CliRenderWish *wish, GError **error)
{
    account_missing(recordings, production);
    if (!recordings->studio || recordings->spares->len == 0)
        return TRUE;
    g_autoptr(ShowShots) on_air = find_on_air(recordings, production);
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GArray) list = list_recordings(recordings, production, on_air, spans);
    g_autoptr(ShowShots) filled =
        edit_fill(production->shots, (const EditRecording *)(const void *)list->data, list->len);
    guint used = 0;
    g_autoptr(GError) reason = NULL;
    if (!take_spares(recordings, production, filled, &used, &reason)) {
        if (reason != NULL)
            g_propagate_error(error, g_steal_pointer(&reason));
        return error == NULL || *error == NULL;
    }
    if (used == 0)
        return TRUE;
    account_stand_ins(recordings, production, filled);
    recordings->filled = g_steal_pointer(&filled);
    wish->filled = recordings->filled;
    wish->stand_ins = recordings->stand_ins;
    return TRUE;
}
