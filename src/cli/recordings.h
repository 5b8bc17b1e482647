/* The recordings that a show's manifest names as the tracks of a production. A camera of the studio
 * leaves several parts when it was unplugged or the page was loaded again: they become one track,
 * joined in a file that lives as long as this object. What is missing is said and gone on without. */
#pragma once
#include "production.h"

typedef struct CliRecordings CliRecordings;

/* Adds a track for each source that has a recording: what the studio received, and where that is
 * nothing, what its own device recorded. folder: the show's; staging: where joined files
 * may lie. Errors: a recording outside the folder is not there, or none at all is left. */
CliRecordings *cli_recordings_load(CliProduction *production, const char *folder,
                                   const char *staging, const ShowManifest *manifest,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Removes the joined files: nothing may read the tracks any more. NULL-safe. */
void cli_recordings_free(CliRecordings *recordings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliRecordings, cli_recordings_free)

/* Of a show from the studio: the production's log loses each camera where its parts have nothing, and
 * has it back where they go on, whatever the log said there; its own device's recording counts too.
 * Only in memory; the span must be known. */
void cli_recordings_log_gaps(const CliRecordings *recordings, CliProduction *production);

/* The program's rate where neither the user nor the manifest names one. Browsers give pictures when
 * they can, so that the mean of a recording is no rate: then 30, which the studio asks cameras for.
 * 0/0: what most cameras have. */
ShowRate cli_recordings_rate(const CliRecordings *recordings, const CliProduction *production);

/* What each camera is missing goes into the production's account (report.json); where one that is shown
 * has no picture, another recording that does is found for wish->filled and wish->stand_ins: its own
 * device's, or the program's. Borrowed from `recordings`. After the shots are decided. */
gboolean cli_recordings_fill(CliRecordings *recordings, CliProduction *production,
                             CliRenderWish *wish, GError **error);
