/* A show being made from recordings: what the commands direct and render have in common. The order
 * is that of the functions below; each uses what the ones before it filled in. */
#pragma once
#include "report.h"
#include "settings.h"
#include <media/listen.h>
#include <media/probe.h>
#include <show/log.h>
#include <show/manifest.h>

typedef struct CliTrack {
    MediaInfo *info;
    MediaAlignment alignment;
    double given_offset_s; /* after track 0's start; NAN: find it */
    int voice;             /* whose voice its sound is: index of a source, or -1 */
    gboolean showable;     /* may be on screen */
} CliTrack;

typedef struct CliProduction {
    CliReport *report;         /* borrowed */
    GCancellable *cancellable; /* borrowed */
    GPtrArray *sources;        /* ShowSource * */
    GArray *tracks;            /* CliTrack, one for each source */
    MediaListener *listener;
    ShowLog *log;
    ShowRate rate;
    gint64 start_ms, duration_ms; /* of the program, session clock */
    ShowShots *shots;
    ShowHighlights *highlights;
} CliProduction;

CliProduction *cli_production_new(CliReport *report, GCancellable *cancellable);
void cli_production_free(CliProduction *production);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliProduction, cli_production_free)

/* Takes source and info. */
void cli_production_add(CliProduction *production, ShowSource *source, MediaInfo *info,
                        double given_offset_s);
CliTrack *cli_production_track(const CliProduction *production, guint index);
/* Who may be shown, whose voice is whose. */
void cli_production_assign(CliProduction *production);

/* Listens to every track. Then: aligns them, or takes the clocks that are there. */
gboolean cli_production_listen(CliProduction *production, GError **error);
gboolean cli_production_align(CliProduction *production, GError **error);
/* Where the program begins and ends, and its rate (wanted, or what most cameras have). */
void cli_production_span(CliProduction *production, ShowRate wanted);
/* The log of the show: its start, the recordings, who speaks, slides, sources lost and back. */
gboolean cli_production_log(CliProduction *production, const char *name, const CliDecide *decide,
                            GError **error);
/* Events of the speech are thrown away: for a show that has its log, the mix needs the levels. */
gboolean cli_production_levels(CliProduction *production, GError **error);
gboolean cli_production_decide(CliProduction *production, const CliDecide *decide,
                               const CliOutput *output, GError **error);

/* What the log and the shots are in files: written into the folder (a staging), and named in the
 * manifest. */
gboolean cli_production_write_log(CliProduction *production, const char *folder,
                                  ShowManifest *manifest, GError **error);
gboolean cli_production_write_decisions(CliProduction *production, const char *folder,
                                        ShowManifest *manifest, GError **error);
/* program.mp4, highlights.mp4, the cameras that editors need or all, the timelines. */
typedef struct CliRenderWish {
    const char *folder; /* where to write */
    const char *name;
    gboolean all_cameras;
} CliRenderWish;
gboolean cli_production_render(CliProduction *production, const CliOutput *output,
                               const CliRenderWish *wish, ShowManifest *manifest, GError **error);
/* Parts of it: cam_N.mp4 of those that editors need, or of all; names a finished file in the
 * manifest, with its sum. */
gboolean cli_production_cameras(CliProduction *production, const CliOutput *output,
                                const CliRenderWish *wish, ShowManifest *manifest, GError **error);
gboolean cli_production_name(CliProduction *production, const CliRenderWish *wish, const char *name,
                             const char *kind, ShowManifest *manifest, GError **error);
