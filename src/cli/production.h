/* A show being made from recordings: what the commands direct and render have in common. The order
 * is that of the functions below; each uses what the ones before it filled in. */
#pragma once
#include "kept.h"
#include "report.h"
#include "settings.h"
#include <media/listen.h>
#include <media/probe.h>
#include <media/waveform.h>
#include <show/log.h>
#include <show/manifest.h>

/* How the warning begins that says why a render left them out. */
#define CLI_NO_TIMELINES "there are no timelines: "

typedef struct CliTrack {
    MediaInfo *info;
    MediaAlignment alignment;
    double given_offset_s; /* after track 0's start; NAN: find it */
    int voice;             /* whose voice its sound is: index of a source, or -1 */
    gboolean showable;     /* may be on screen */
    gboolean has_file;     /* its cam_N.mp4 was written by this render */
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
    json_t *account; /* object: what report.json says of the render, but for warnings */
    CliKept *kept;   /* borrowed; NULL: nothing is kept for a later render */
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
gboolean cli_production_write_json(const char *folder, const char *name, const char *kind,
                                   json_t *value_taken, ShowManifest *manifest, GError **error);
/* program.mp4, highlights.mp4, the cameras that editors need or all, the timelines. */
typedef struct CliRenderWish {
    const char *folder; /* where to write */
    const char *name;
    gboolean all_cameras;
    gboolean keeps_cameras;     /* cam_N.mp4 that the manifest names are there and stay */
    gboolean copy;              /* cameras of one kind may be copied from, at their size and rate */
    const ShowShots *filled;    /* the shots with what stands in for missing pictures; or NULL */
    const GPtrArray *stand_ins; /* CliStandIn *, of recordings that `filled` names; or NULL */
} CliRenderWish;
typedef struct CliStandIn {
    char *id; /* in `filled` */
    MediaInfo *info;
    ShowClock clock;
} CliStandIn;
gboolean cli_production_render(CliProduction *production, const CliOutput *output,
                               const CliRenderWish *wish, ShowManifest *manifest, GError **error);
/* Where outputs are made: a folder that outlives this render, or the wish's. Borrowed. */
const char *cli_production_folder(const CliProduction *production, const CliRenderWish *wish);
/* What lies there and is in the manifest goes to wish->folder: nothing is made any more. */
gboolean cli_production_settle(const CliProduction *production, const CliRenderWish *wish,
                               const ShowManifest *manifest, GError **error);
/* A camera's own file: whether it is wanted, or its recording is none that editors open; where it comes
 * to lie; one of them, with keyframes where media_render_camera() is told. */
gboolean cli_production_needs_camera(const CliProduction *production, const ShowManifest *manifest,
                                     guint index, const CliRenderWish *wish);
char *cli_production_camera_path(const CliProduction *production, const CliRenderWish *wish,
                                 guint index);
gboolean cli_production_camera(CliProduction *production, const CliOutput *output,
                               const CliRenderWish *wish, guint index, const GArray *keyframes,
                               ShowManifest *manifest, GError **error);
/* cam_N.mp4 of those that editors need, or of all, made in threads of their own beside what the caller
 * does, which leaves the production's tracks alone meanwhile. */
typedef struct CliCameras CliCameras;
CliCameras *cli_cameras_begin(CliProduction *production, const CliOutput *output,
                              const CliRenderWish *wish, const ShowManifest *manifest,
                              GError **error);
gboolean cli_cameras_end(CliCameras *cameras, ShowManifest *manifest,
                         GError **error);   /* waits, names them in the manifest, and settles */
void cli_cameras_free(CliCameras *cameras); /* ends what has not ended */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliCameras, cli_cameras_free)
/* All of that at once, after which everything lies in wish->folder. */
gboolean cli_production_cameras(CliProduction *production, const CliOutput *output,
                                const CliRenderWish *wish, ShowManifest *manifest, GError **error);
/* Names a finished file in the manifest, with its sum. */
gboolean cli_production_name(CliProduction *production, const CliRenderWish *wish, const char *name,
                             const char *kind, ShowManifest *manifest, GError **error);

/* Program, highlights and what the library shows of them, as an earlier render finished them: TRUE, and
 * they are named in the manifest. Otherwise they are to be made, and kept. production-kept.c */
gboolean cli_production_find_program(CliProduction *production, const CliOutput *output,
                                     const CliRenderWish *wish, ShowManifest *manifest);
gboolean cli_production_keep_program(CliProduction *production, const CliOutput *output,
                                     const CliRenderWish *wish, const ShowManifest *manifest,
                                     GError **error);

/* What the library shows of a program: poster.jpg, and waveform.json when waveform is not NULL.
 * wish->folder holds the program. */
gboolean cli_production_library(CliProduction *production, const CliRenderWish *wish,
                                MediaWaveform *waveform, ShowManifest *manifest, GError **error);
/* pictures: "copied", "recut", "shared" or "encoded". */
void cli_production_account(CliProduction *production, const char *pictures,
                            const MediaRenderReport *report);
/* report.json: how the program was made, what is missing, what was warned of. */
gboolean cli_production_write_report(CliProduction *production, const char *folder,
                                     ShowManifest *manifest, GError **error);
/* The same after a part of a show was made again: what `old` says stays, but for what was warned of
 * timelines. old: path of the report that there is, if there is one. */
gboolean cli_production_add_to_report(CliProduction *production, const char *old,
                                      const char *folder, ShowManifest *manifest, GError **error);
