/* Errors of the room live. Each has one meaning; the message says what was being done, to what, and
 * why it failed, and never holds a stream key. */
#pragma once
#include <glib.h>

#define LIVE_ERROR (live_error_quark())
GQuark live_error_quark(void);

typedef enum {
    LIVE_ERROR_FAILED = 1,  /* the system or the database refused */
    LIVE_ERROR_INVALID,     /* what was given is wrong; the message begins with the field */
    LIVE_ERROR_FORMAT,      /* bytes that break the format of frames */
    LIVE_ERROR_PRIVATE,     /* an address that may not be reached from here */
    LIVE_ERROR_GONE,        /* no such destination */
    LIVE_ERROR_EXISTS,      /* it is there, or on air, already */
    LIVE_ERROR_SEALED,      /* sealed with another key, or damaged */
    LIVE_ERROR_UNAVAILABLE, /* LiveKit is not reached, or says "later" */
    LIVE_ERROR_DENIED,      /* a key, a token or a signature that is not right */
    LIVE_ERROR_CLOCK,       /* likewise, because clocks are apart */
} LiveErrorCode;
