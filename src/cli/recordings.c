#include "recordings.h"

#include "error.h"
#include "parts.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Shorter holes the picture before fills: a machine under load leaves many of up to a second, in all
 * cameras at once, and a cut for each would be worse to see. Before the first picture there is none to
 * fill with, and behind the last one none comes. */
#define HOLE_MIN_S 2.0
#define EDGE_MIN_S 0.05
#define NEAR_MS    3000 /* what the log says of a loss lies so near to it */

typedef struct Covered {
    double start_s, end_s; /* session clock */
} Covered;

struct CliRecordings {
    GPtrArray *joined;  /* char *: files to remove */
    GPtrArray *covered; /* GArray of Covered, one for each source of the production */
    gboolean studio;    /* recorded by the studio, not directed from files */
};

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

static gboolean load_source(Loading *loading, const ShowManifest *manifest,
                            const ShowSource *source, GError **error)
{
    CliProduction *production = loading->production;
    g_autoptr(CliParts) parts =
        cli_parts_new(&loading->place, cli_parts_of_source(manifest, source->id), error);
    if (parts == NULL)
        return FALSE;
    if (parts->files->len == 0) {
        cli_report_warning(production->report, "%s: there is no recording of %s (%s)",
                           loading->place.folder, source->id, source->label);
        return TRUE;
    }
    GArray *covered = g_array_new(FALSE, FALSE, sizeof(Covered));
    g_ptr_array_add(loading->recordings->covered, covered);
    for (guint i = 0; i < parts->files->len; i++)
        cover_part(covered, parts->files->pdata[i], parts->infos->pdata[i]);
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

CliRecordings *cli_recordings_load(CliProduction *production, const char *folder,
                                   const char *staging, const ShowManifest *manifest,
                                   GError **error)
{
    g_autoptr(CliRecordings) recordings = g_new0(CliRecordings, 1);
    recordings->joined = g_ptr_array_new_with_free_func(g_free);
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

void cli_recordings_log_gaps(const CliRecordings *recordings, CliProduction *production)
{
    if (!recordings->studio)
        return;
    double start_s = (double)production->start_ms / 1000;
    double end_s = start_s + (double)production->duration_ms / 1000;
    for (guint i = 0; i < recordings->covered->len; i++) {
        const char *source = ((const ShowSource *)production->sources->pdata[i])->id;
        const GArray *covered = recordings->covered->pdata[i];
        double at_s = start_s;
        for (guint k = 0; k < covered->len; k++) {
            const Covered *span = &g_array_index(covered, Covered, k);
            log_gap(production, source, at_s, MIN(span->start_s, end_s));
            at_s = MAX(at_s, span->end_s);
        }
        log_gap(production, source, at_s, end_s);
    }
    show_log_sort(production->log);
}
