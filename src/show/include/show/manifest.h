/* manifest.json: what a session folder holds.
 *   {"version":1,"id":"<uuid>","name":"…","started_at":"2026-11-23T20:15:00Z","state":"complete",
 *    "program":{"start":0,"duration":61200,"rate":[30,1]},
 *    "sources":[{"id":"cam_1","label":"Host","role":"person"}, …],
 *    "settings":{…},
 *    "files":[{"name":"host.mp4","kind":"iso","source":"cam_1","path":"/media/host.mp4","start":0,
 *              "drift_ppm":12.5,"duration":61200,"bytes":1234,"sha256":"…","video":"h264",
 *              "audio":"aac","gaps":[[1000,1500]]}, …]}
 * Times are ms on the session clock. Unknown members are kept at every level. */
#pragma once
#include <glib.h>
#include <jansson.h>
#include <show/clock.h>
#include <show/json.h>
#include <show/rate.h>
#include <show/source.h>

typedef enum {
    SHOW_STATE_UNSET = 0,
    SHOW_STATE_RECORDING,
    SHOW_STATE_STOPPING,
    SHOW_STATE_COMPLETE,
} ShowState;

typedef struct ShowGap {
    gint64 start_ms, end_ms;
} ShowGap;

typedef struct ShowFile {
    char *name;   /* in the folder; of a referenced recording its own base name */
    char *kind;   /* "iso", "local", "program", "highlights", "camera", "log", "events", "shots",
                     "highlights-list", "timeline", "other" */
    char *source; /* id, or NULL */
    char *path;   /* absolute, of a recording that lies outside the folder; NULL when inside */
    ShowClock clock;       /* of recordings */
    gint64 duration_ms;    /* of media; 0 otherwise */
    gint64 bytes;
    char *sha256;          /* 64 lower-case hex digits, or NULL while it grows */
    char *video, *audio;   /* codec names as libav has them, or NULL */
    GArray *gaps;          /* ShowGap, in the file's own time; may be NULL */
    json_t *extra;         /* confidence of the alignment, frame rate, …; or NULL */
} ShowFile;

typedef struct ShowManifest {
    char *id, *name, *started_at; /* started_at: RFC 3339, UTC */
    ShowState state;
    gint64 program_start_ms, program_duration_ms;
    ShowRate rate;
    GPtrArray *sources; /* ShowSource *, owned */
    GPtrArray *files;   /* ShowFile *, owned */
    json_t *settings;      /* object, or NULL */
    json_t *program_extra; /* unknown members of "program", or NULL */
    json_t *extra;
} ShowManifest;

ShowManifest *show_manifest_new(void); /* a new uuid, started now, state complete */
void show_manifest_free(ShowManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowManifest, show_manifest_free)
ShowFile *show_file_new(const char *name, const char *kind);
void show_file_free(ShowFile *file);
/* Of a camera, as it was recorded: kind "iso", or "local" (made on the camera's own device). */
gboolean show_file_is_recording(const ShowFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowFile, show_file_free)

/* One name in one folder: UTF-8, at most 255 bytes, no "/", no control characters, not "." or "..".
 * A manifest with any other name is refused. */
gboolean show_file_name_is_valid(const char *name);
/* Same name and same path: recordings from different folders may share a base name. */
gboolean show_file_is_same(const ShowFile *a, const ShowFile *b);

/* The file of this name in the folder; a recording that lies elsewhere is not meant, whatever its
 * name. Borrowed, or NULL. */
ShowFile *show_manifest_find(const ShowManifest *manifest, const char *name);
ShowFile *show_manifest_recording(const ShowManifest *manifest, const char *source); /* kind iso */
/* Replaces the file that is the same, if there is one. */
void show_manifest_take_file(ShowManifest *manifest, ShowFile *file);

const char *show_state_name(ShowState state);
ShowManifest *show_manifest_from_json(const ShowJson *json, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
json_t *show_manifest_to_json(const ShowManifest *manifest);
