/* What an earlier render of the same show with the same settings finished before it was ended, so that it
 * is not made again; and what this one finishes. Threads: find(), keep() and drop_parts() from any, also
 * while facts are borrowed; the others from one. */
#pragma once
#include "report.h"
#include <media/parts.h>
#include <show/manifest.h>
#include <store/parts.h>

typedef struct CliKept CliKept;

typedef struct CliKeptPlace {
    const char *folder; /* where they lie */
    const char *show;   /* what is rendered: its log is read */
    const ShowManifest *manifest;
    const char *settings; /* text of all that was asked for */
    GCancellable *cancellable;
} CliKeptPlace;

/* NULL without an error: what the render reads is not settled yet, so nothing can be said to be of the
 * same. Borrows nothing but the cancellable. */
CliKept *cli_kept_open(const CliKeptPlace *place, GError **error);
void cli_kept_free(CliKept *kept); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliKept, cli_kept_free)

/* Where long encodes keep their parts. Borrowed. */
const MediaParts *cli_kept_parts(CliKept *kept);

/* Whole outputs are made in this folder, and go to their place with settle(). Borrowed. */
const char *cli_kept_folder(const CliKept *kept);
/* Whether it is there, made of this (a text; NULL: of whatever, in a render of the same). facts: as they
 * were given to keep(), borrowed until the next call; or NULL. Takes it into account. */
gboolean cli_kept_find(CliKept *kept, const char *name, const char *what, const json_t **facts);
/* file: in that folder, with its sum. */
gboolean cli_kept_keep(CliKept *kept, const ShowFile *file, const char *what, json_t *facts_taken,
                       GError **error);
/* Parts of an encode whose names begin so are in a whole output by now. */
gboolean cli_kept_drop_parts(CliKept *kept, const char *prefix, GError **error);
/* Moves those that the manifest names to the folder where the show is put together. */
gboolean cli_kept_settle(CliKept *kept, const ShowManifest *manifest, const char *folder,
                         GError **error);
/* What was not made again, for report.json: {"files":[…],"parts":n,"made":n}; NULL: nothing. New
 * reference. */
json_t *cli_kept_account(const CliKept *kept);
