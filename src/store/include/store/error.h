/* Errors of the room store. Each has one meaning, so that a server can give it one status. The
 * message says what was being done, to what, and why it failed. */
#pragma once
#include <glib.h>

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

typedef enum {
    STORE_ERROR_FAILED = 1,
    STORE_ERROR_EXISTS,    /* the folder holds a show already */
    STORE_ERROR_FULL,      /* no room on the disk: try again when there is */
    STORE_ERROR_DIFFERS,   /* a file is not what the manifest or its sender says */
    STORE_ERROR_NAME,      /* not a name or an id that this store gives */
    STORE_ERROR_GONE,      /* no such show or recording */
    STORE_ERROR_LOCKED,    /* another process, or another upload, writes it */
    STORE_ERROR_BUSY,      /* too much in flight: try again when there is room */
    STORE_ERROR_OFFSET,    /* the bytes do not belong where they were sent to */
    STORE_ERROR_CHECKSUM,  /* a chunk is not what its sender says */
    STORE_ERROR_QUOTA,     /* the show may not have so many bytes */
    STORE_ERROR_TOO_LARGE, /* larger than one chunk, one line or the declared length may be */
    STORE_ERROR_FINISHED,  /* the recording is whole and takes no more */
    STORE_ERROR_CLOSED,    /* given up: its owner closed it */
} StoreErrorCode;
