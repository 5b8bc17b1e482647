/* One running show: its log, its director, its recordings, its clock. The heart of the server: what
 * comes in is checked, written, decided, sent; in that order.
 *
 * Life: from server_show_new() to server_show_free(), owned by the registry (shows-private.h), which
 * keeps a show open until it is complete and nobody uses it. Threads: the server's. */
#pragma once
#include <edit/live.h>
#include <show/log.h>
#include <show/manifest.h>
#include <store/journal.h>
#include <store/shows.h>

#include "server-private.h"

typedef struct ServerShow ServerShow;
typedef struct ServerRecording ServerRecording;

/* The answer to an event: `error` NULL: it is on disk under `seq`, fed at `at_ms`. */
typedef void (*ServerShowAnswer)(gint64 seq, gint64 at_ms, const GError *error, gpointer data);

/* Takes `folder` and `manifest`. A folder with a log is taken up where it ends: the director is fed
 * the log, and what it had decided already is not decided again. Waits for the disk as long as
 * reading the log takes. */
ServerShow *server_show_new(Server *server, StoreShow *folder, ShowManifest *manifest,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The first line of a new show: name, sources, settings, clock. Once, before anything else. `answer`
 * comes when it is on disk; FALSE: it does not come. */
gboolean server_show_begin(ServerShow *show, ServerShowAnswer answer, gpointer data,
                           GError **error);
void server_show_free(ServerShow *show); /* syncs the log. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServerShow, server_show_free)

/* Borrowed while the show is open. */
const char *server_show_id(const ServerShow *show);
const ShowManifest *server_show_manifest(const ServerShow *show);
/* The same as an object of JSON, without spaces, until it is changed. It has no member `live` or
 * `render`: those are the answer's. */
const char *server_show_manifest_text(ServerShow *show);
const StoreShow *server_show_folder(const ServerShow *show);
const GPtrArray *server_show_sources(const ServerShow *show); /* ShowSource * */
ShowState server_show_state(const ServerShow *show);
gint64 server_show_clock_ms(const ServerShow *show); /* the session clock, now */
gint64 server_show_seq(const ServerShow *show);      /* of the last line */
gint64 server_show_epoch(const ServerShow *show);
/* Where in events.log the lines behind `seq` begin at the latest; what is read there before them has
 * seq of its own. Its end: server_show_log_bytes(). */
gint64 server_show_log_offset(const ServerShow *show, gint64 seq);
/* Of its file. Free with g_free(). Threads: any, while the show is open; so the next. */
char *server_show_log_path(const ServerShow *show);
/* All that its file has, also what is not synced yet. */
ShowLog *server_show_read_log(const ServerShow *show, GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint64 server_show_take_syncs(ServerShow *show); /* syncs of the log since this was last asked */
gint64 server_show_log_bytes(const ServerShow *show);

/* ---- events: show-events.c, show-check.c; decisions: show-decide.c ---- */

/* One event of a client, as it came: checked, written, fed to the director; decisions leave at once;
 * `answer` comes when it is on disk, once, from here when it is refused. `from`: the client that sent
 * it, which is not sent it again; may be NULL. `value` is borrowed. */
void server_show_event(ServerShow *show, const ServerWho *who, SocketioSocket *from,
                       const json_t *value, ServerShowAnswer answer, gpointer data);
/* Whether somebody is there who sees to the show: while nobody is, the director rests, and time is
 * made good when somebody is back. */
void server_show_set_attended(ServerShow *show, gboolean is_attended);
/* Index in sources of what may come next, or DIRECTOR_NONE. */
int server_show_next_source(const ServerShow *show);

/* ---- the end: show-stop.c ---- */

typedef void (*ServerShowStopped)(ServerShow *show, const GError *error, gpointer data);
/* Writes events.json and the manifest, then calls `done`. Again: the same. */
void server_show_stop(ServerShow *show, ServerShowStopped done, gpointer data);
/* A recording is whole, or a client said which are due: the show may be complete. */
void server_show_settle(ServerShow *show);
/* Of a show that was stopped and of which nothing came for `idle_s`: what is missing is no longer
 * waited for, what was sent by half is kept as it is. */
void server_show_give_up_idle(ServerShow *show, gint64 idle_s);
/* Names of recordings that have to come, with their sums: what a client says after a stop. */
gboolean server_show_expect(ServerShow *show, const json_t *files, GError **error);
gboolean server_is_sha256(const char *text); /* 64 lower-case hex digits; NULL is none */
/* Takes from a manifest that a render wrote all that is the render's: its files, the program's span
 * and rate, the settings. Recordings and log stay as this show knows them. */
void server_show_take_rendered(ServerShow *show, const ShowManifest *rendered);
/* Writes the manifest as it is now, from a worker; calls that come meanwhile share the next one. */
void server_show_save(ServerShow *show);
/* The same, and says when it is on disk (or that it could not be written). Once, from the loop. */
void server_show_save_then(ServerShow *show, StoreUploadDone done, gpointer data);

/* ---- recordings: recording.c, recording-end.c; all of a show's: recordings.c ---- */

/* Opens or finds the recording of this name. SERVER_ERROR_INVALID (no name of this show's sources),
 * SERVER_ERROR_CONFLICT, STORE_ERROR_*. `length_bytes` as in store/upload.h. */
ServerRecording *server_recording_open(ServerShow *show, const char *name, gint64 length_bytes,
                                       GError **error);
ServerRecording *server_recording_find(const ServerShow *show, const char *name); /* or NULL */
/* One recording has one writer at a time. Who had it is told with its `stolen`, once, from here. */
void server_recording_claim(ServerRecording *recording, gpointer writer,
                            void (*stolen)(gpointer writer));
void server_recording_release(ServerRecording *recording, gpointer writer);
gboolean server_recording_is_claimed(const ServerRecording *recording);
/* Calls `then` when it is known how much of it is on disk: at once, or when the disk has said so
 * after a restart. `recording` NULL: the show was closed meanwhile. */
typedef void (*ServerRecordingOpen)(ServerRecording *recording, gpointer data);
void server_recording_when_open(ServerRecording *recording, ServerRecordingOpen then,
                                gpointer data);
/* When bytes of it were last taken, µs of the monotonic clock; 0: never. */
gint64 server_recording_touched_us(const ServerRecording *recording);
ServerShow *server_recording_show(const ServerRecording *recording);
StoreUpload *server_recording_upload(const ServerRecording *recording);
const char *server_recording_name(const ServerRecording *recording);
gint64 server_recording_length(const ServerRecording *recording); /* declared, or -1 */
/* Whether a name is of a recording of this source: cam_2_iso.mkv, cam_2_local.2.webm of cam_2. */
gboolean server_recording_is_of(const char *name, const char *source);
gboolean server_recording_declare(ServerRecording *recording, gint64 length_bytes, GError **error);
/* What a client said its sum will be, or NULL. Borrowed. */
const char *server_recording_expected_sum(const ServerRecording *recording);
/* The first bytes have to be those of the format: SERVER_ERROR_TYPE. */
gboolean server_recording_check_magic(const ServerRecording *recording, gint64 offset,
                                      const guint8 *bytes, gsize length, GError **error);
/* All bytes are there: closes it, has it indexed, and settles the show. `sha256`: what the sender
 * says it is, checked first; may be NULL. */
void server_recording_finish(ServerRecording *recording, const char *sha256, StoreUploadDone done,
                             gpointer data);
void server_recording_remove(ServerRecording *recording, StoreUploadDone done, gpointer data);
/* [{"name","bytes","acknowledged","state","source"}…]: what `live` and `state` say. New reference. */
json_t *server_recordings_json(const ServerShow *show);
/* Those that are not whole end as they are: without a declared length they are whole so, others are
 * kept and said to be unfinished. */
void server_recordings_give_up(ServerShow *show);
/* When something of them last came, µs of the monotonic clock; 0: never. */
gint64 server_recordings_touched_us(const ServerShow *show);
gboolean server_recordings_are_settled(const ServerShow *show); /* none is open or being indexed */
/* Nothing of this show is under way: it may be closed. */
gboolean server_show_is_idle(const ServerShow *show);
/* No work of a worker holds it. */
gboolean server_show_is_quiet(const ServerShow *show);
/* After a restart: time goes on, what was stopping goes on stopping. */
void server_show_resume(ServerShow *show);
gboolean server_recordings_are_busy(const ServerShow *show); /* a writer has one */
void server_recordings_close(ServerShow *show);
/* Takes up what a restart found in the folder: names, sizes, which are whole. */
void server_recordings_take_up(ServerShow *show);
