/* Errors of the room s3. Each has one meaning; the message says what was being done, to which object,
 * and why it failed, and never holds a key, a signature or a token. Giving up through a GCancellable
 * is G_IO_ERROR_CANCELLED. */
#pragma once
#include <glib.h>

#define S3_ERROR (s3_error_quark())
GQuark s3_error_quark(void);

typedef enum {
    S3_ERROR_FAILED = 1,  /* the server or the connection refused; trying again changes nothing */
    S3_ERROR_INVALID,     /* an address, a key or an option that cannot be */
    S3_ERROR_NOT_FOUND,   /* no such object */
    S3_ERROR_NO_BUCKET,   /* no such bucket */
    S3_ERROR_DENIED,      /* credentials that are not known, or may not do this */
    S3_ERROR_CLOCK,       /* the clocks of this machine and the server are too far apart */
    S3_ERROR_REDIRECTED,  /* the server sends elsewhere, which is never followed */
    S3_ERROR_UNAVAILABLE, /* not reached, overloaded or broken, after all attempts: try later */
    S3_ERROR_DIFFERS,     /* what arrived is not what was sent */
    S3_ERROR_CHANGED,     /* the object was replaced meanwhile */
    S3_ERROR_TOO_LARGE,   /* more than the limit that was given */
    S3_ERROR_ANSWER,      /* an answer that no S3 server gives */
    S3_ERROR_LOCAL, /* the file on this machine cannot be read, written, or is not as expected */
} S3ErrorCode;
