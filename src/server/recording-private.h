/* A recording's fields: for recording*.c alone. recording.c opens it and says what it is,
 * recording-end.c ends it, recordings.c looks at all of a show's. */
#pragma once
#include "show-state-private.h"

#include <store/names.h>

struct ServerRecording {
    ServerShow *show;
    char *name;
    StoreRecording what;
    StoreUpload *upload; /* owned */
    gint64 length;       /* declared, or -1 */
    gpointer writer;     /* who writes it now; NULL: nobody */
    void (*stolen)(gpointer writer);
    gint64 touched_us;                /* when a writer last let go of it */
    gint64 found_bytes;               /* that were there when it was opened: of the quota */
    gboolean is_open;                 /* what of it is on disk is known */
    gboolean is_broken;               /* could not be opened: the next who wants it opens it anew */
    GArray *waiting;                  /* Waiting: for that; NULL: nobody */
    gboolean is_indexing, is_settled; /* settled: whole, and in the manifest */
};

/* recording.c */

/* Whether a name is of a recording that this show may have. SERVER_ERROR_INVALID. */
gboolean server_recording_parse(const ServerShow *show, const char *name, StoreRecording *what,
                                GError **error);
/* Opens what nobody has open yet. */
ServerRecording *server_recording_new(ServerShow *show, const char *name,
                                      const StoreRecording *what, gint64 length_bytes,
                                      GError **error);
/* After it was taken out of the show's. */
void server_recording_free(ServerRecording *recording);
/* The source a recording is of, borrowed; NULL: of the program. */
const char *server_recording_source(const ServerRecording *recording);

/* recording-end.c */

/* Nothing of it came for long: without a declared length it is whole as it is, another one is kept
 * and said to be unfinished. */
void server_recording_give_up(ServerRecording *recording);
