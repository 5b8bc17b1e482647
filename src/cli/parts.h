/* The parts that one recording of the studio came in: a camera that was unplugged, or a page that was
 * loaded again, leaves several. */
#pragma once
#include "report.h"
#include <media/probe.h>
#include <show/manifest.h>

typedef struct CliParts {
    GPtrArray *files; /* ShowFile *, borrowed from the manifest: by when they begin */
    GPtrArray *infos; /* MediaInfo *, one for each */
} CliParts;

/* Where they are and who is told. */
typedef struct CliPartsPlace {
    const char *folder; /* of the show */
    CliReport *report;
    GCancellable *cancellable;
} CliPartsPlace;

/* What the folder itself was given, and not by a user: files named as the store names recordings. */
gboolean cli_parts_is_studio(const ShowFile *file);

/* Takes the list. Parts that cannot be read are said and left out (somebody pulled the plug before
 * anything of them was there); a recording that a user named is an error then. May end up empty. */
CliParts *cli_parts_new(const CliPartsPlace *place, GPtrArray *files_taken, GError **error);
void cli_parts_free(CliParts *parts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliParts, cli_parts_free)

/* The recordings of a camera, kind "iso" or "local"; those of the program. New list, for
 * cli_parts_new(). */
GPtrArray *cli_parts_of_source(const ShowManifest *manifest, const char *source, const char *kind);
GPtrArray *cli_parts_of_program(const ShowManifest *manifest);

/* All parts as one file: the only one there is, or what `path` becomes, which has the rate of the
 * first part with a picture. There must be one at least. */
MediaInfo *cli_parts_join(CliParts *parts, const CliPartsPlace *place, const char *path,
                          GError **error);
