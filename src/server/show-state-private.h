/* Inside of a running show, for the files show-*.c, show.c and recording*.c alone. */
#pragma once
#include "show-private.h"

/* A line of the log by its sender's id, so that a resend is stored once. */
typedef struct ServerLine {
    gint64 seq, at_ms;
    gboolean is_synced;
    GArray *waiting; /* Waiting: answers due when it is on disk; NULL: none */
} ServerLine;

struct ServerShow {
    Server *server;
    StoreShow *folder;
    const ShowManifest *manifest; /* changed through server_show_change() alone */
    char *manifest_text;          /* of what it says now; NULL: not made yet */
    StoreJournal *journal;
    EditLive *live;
    gint64 seq;
    gint64 taken_up_seq;  /* of the last line that was there when the log was opened */
    GArray *offsets;      /* gint64: where each line after that begins in the log */
    GHashTable *lines;    /* id → ServerLine */
    GHashTable *speaking; /* "cam_1 speaking_start" → Spoken: the last one of its kind */
    GSource *timer;       /* the director's */
    gboolean is_attended;
    int next_source;      /* that clients were told may come next */
    gboolean is_torn;     /* the director knows what is not in the log, or the log not all of it */
    gint64 mend_after_us; /* then it is tried again */
    /* the session clock */
    char boot_id[37];
    gint64 zero_us;            /* CLOCK_BOOTTIME of its zero */
    gint64 floor_ms;           /* never before this */
    gboolean is_by_wall_clock; /* the machine began anew since the show did */
    /* handing back from the console */
    gint64 adopted_us; /* when a line of the console was last adopted; 0: it does not decide */
    /* the end */
    gint64 stopped_us; /* of the monotonic clock: when this server saw it stopped */
    guint64 counted_syncs;
    gboolean is_stopping, was_stopped; /* events.json is being written; was written */
    GArray *stop_waiting;              /* Stopping: who asked */
    GHashTable *expected;              /* name → sha256 or "": recordings that have to come */
    GHashTable *starts;                /* name → double *: ms on the session clock */
    guint settle_timer;
    /* saving */
    gboolean is_saving, save_again; /* the manifest, by save or close: one at a time */
    GArray *save_waiting;           /* Saving: of the save that has not begun; NULL: nobody */
    ShowState close_next;           /* a close that waits for a save; UNSET: none */
    guint refs;                     /* works of workers that hold it */
    gboolean is_closed;
    GHashTable *recordings; /* name → ServerRecording, owned */
    StoreQuota quota;
};

/* The manifest, to be changed: what is kept of it as text is forgotten. */
ShowManifest *server_show_change(ServerShow *show);

/* ---- show-log.c ---- */

gboolean server_show_open_director(ServerShow *show, GError **error);
gboolean server_show_open_log(ServerShow *show, GError **error);
void server_show_take_up_clock(ServerShow *show, const json_t *clock); /* show.c */

/* ---- show-check.c ---- */

/* Ids of the server's own lines: no client's event may have one. */
#define SERVER_OWN_ID "server."

/* Whether this client may send this event, now. */
gboolean server_show_check(const ServerShow *show, const ServerWho *who, const ShowEvent *event,
                           GError **error);

/* ---- show-events.c, show-decide.c ---- */

/* Gives the event its seq, writes it and sends it. NULL: not written. It is not fed to anybody. */
ServerLine *server_show_write(ServerShow *show, ShowEvent *event, SocketioSocket *except,
                              GError **error);
/* Answers when the line appended last is on disk. It must be one of the server's own. */
void server_show_wait_for_last(ServerShow *show, ServerShowAnswer answer, gpointer data);
/* Advances the director to now, writes and sends what it decided. How much that was. */
guint server_show_decide(ServerShow *show);
/* Appends one line by the server itself; `event` is taken. FALSE: the log cannot be written. */
gboolean server_show_append(ServerShow *show, ShowEvent *event, SocketioSocket *except,
                            GError **error);
/* Reads a log back into the show: for server_show_new(). */
gboolean server_show_take_up(const ShowEvent *event, gpointer show, GError **error);
/* Has the director decide anew from what the log says, where a failing disk has parted the two.
 * FALSE: not yet; nothing is decided or taken until then. */
gboolean server_show_mend(ServerShow *show, GError **error);
/* The manifest's sources follow a list of sources that was fed. FALSE: the line is none. */
gboolean server_show_note_sources(ServerShow *show, const ShowEvent *event);
/* What a record_start says: which recording has to come, and where it begins. */
void server_show_note_recording(ServerShow *show, const ShowEvent *event);
/* After the manifest was written: what waited for that. */
void server_show_saved(ServerShow *show);
void server_show_close_as(ServerShow *show, ShowState state);
void server_show_arm(ServerShow *show); /* the timer */
void server_show_ref(ServerShow *show);
void server_show_unref(ServerShow *show);
/* Takes over from a console that decided, with all that it handed in. */
gboolean server_show_take_over(ServerShow *show, GError **error);
