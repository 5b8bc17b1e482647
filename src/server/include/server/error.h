/* Why the server refused something. Each code is one HTTP status and one "code" in the answer; the
 * table is in error.c and nowhere else. */
#pragma once
#include <glib.h>

#define SERVER_ERROR (server_error_quark())
GQuark server_error_quark(void);

typedef enum {
    SERVER_ERROR_INVALID = 1,  /* 400 invalid: a field is wrong; the message begins with its name */
    SERVER_ERROR_UNAUTHORISED, /* 401 unauthorised: no token, or none that is known */
    SERVER_ERROR_FORBIDDEN,    /* 403 forbidden: known, but may not */
    SERVER_ERROR_NOT_FOUND,    /* 404 not_found */
    SERVER_ERROR_METHOD,       /* 405 method_not_allowed */
    SERVER_ERROR_CONFLICT,     /* 409 conflict: not in this state, or somebody else has it */
    SERVER_ERROR_STOPPED,      /* 409 stopped: the show has ended */
    SERVER_ERROR_GONE,         /* 410 gone */
    SERVER_ERROR_TOO_LARGE,    /* 413 too_large */
    SERVER_ERROR_TYPE,         /* 415 wrong_type: the bytes are not what the name says */
    SERVER_ERROR_CHECKSUM,     /* 460 checksum_mismatch (tus) */
    SERVER_ERROR_RATE,         /* 429 rate_limited */
    SERVER_ERROR_FULL,         /* 507 no_room: disk or quota */
    SERVER_ERROR_BUSY,         /* 503 busy: again in a moment */
    SERVER_ERROR_FAILED,       /* 500 failed: the system refused */
    SERVER_ERROR_CONFIG,       /* never an answer: the server does not start */
} ServerError;

guint server_error_status(const GError *error);     /* of other domains too: 500 unless known */
const char *server_error_code(const GError *error); /* "not_found"; static */
/* What a client is told: without paths of this machine. Free with g_free(). */
char *server_error_message(const GError *error);
/* The field that a message begins with ("t: expected …"), or NULL. Free with g_free(). */
char *server_error_field(const GError *error);
