/* Timelines for editors, made from what a folder holds. */
#pragma once
#include <edit/timeline.h>
#include <show/manifest.h>

/* Where a show's files are: its folder and, while it is being made, the staging that is looked in
 * first (or NULL). show: of a cut, the folder of its show, which is two above; or NULL. */
typedef struct CliPlaces {
    const char *folder, *staging, *show;
} CliPlaces;

/* Files are read in the places; in the timeline those of the show are named relative to it and
 * recordings elsewhere by their absolute path. Needs shots.json, program.mp4 and, for recordings
 * that editors do not open, cam_N.mp4; an error says which is missing. Free with g_free(). */
char *cli_timeline_text(const CliPlaces *places, const ShowManifest *manifest, EditFormat format,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Writes program.otio, .fcpxml, .edl and .mlt into the staging and names them in the manifest. */
gboolean cli_timelines_write(const CliPlaces *places, ShowManifest *manifest, GError **error);
