/* Names that this store gives to shows and recordings. No other name is ever opened, so nothing a
 * client sends becomes part of a path.
 * Threads: any, no shared state. */
#pragma once
#include <glib.h>

enum { STORE_PARTS_MAX = 9999 };

typedef enum {
    STORE_RECORDING_UNSET = 0,
    STORE_RECORDING_PROGRAM, /* the program as cut live */
    STORE_RECORDING_ISO,     /* one camera, full length */
    STORE_RECORDING_LOCAL,   /* the same camera, recorded on the device itself */
} StoreRecordingKind;

typedef enum {
    STORE_FORMAT_UNSET = 0,
    STORE_FORMAT_WEBM,
    STORE_FORMAT_MKV,
} StoreFormat;

/* What a recording's name says: program.webm, program.2.mkv, cam_1_iso.webm, cam_16_iso.3.mkv,
 * cam_5_local.webm. */
typedef struct StoreRecording {
    StoreRecordingKind kind;
    guint camera; /* 1 … SHOW_SOURCES_MAX; 0 of the program */
    guint part;   /* from 1, which is not written, to STORE_PARTS_MAX */
    StoreFormat format;
} StoreRecording;

/* FALSE when it is no recording's name; numbers have one spelling only. `recording` may be NULL. */
gboolean store_recording_parse(const char *name, StoreRecording *recording);
/* The name; free with g_free(). */
char *store_recording_name(const StoreRecording *recording);
/* As a manifest says it: "program", "iso", "local". */
const char *store_recording_kind_name(StoreRecordingKind kind);

/* A UUID as the store spells it: lower-case hex, 8-4-4-4-12. */
gboolean store_id_is_valid(const char *id);
