/* Errors of the room jobs. Each has one meaning; the message says what was being done, to what, and
 * why it failed. */
#pragma once
#include <glib.h>

#define JOBS_ERROR (jobs_error_quark())
GQuark jobs_error_quark(void);

typedef enum {
    JOBS_ERROR_FAILED = 1, /* the system or the database refused */
    JOBS_ERROR_INVALID,    /* not a wish that this queue takes */
    JOBS_ERROR_GONE,       /* no such job */
    JOBS_ERROR_LOST,       /* the lease is another worker's by now, or the job has ended */
    JOBS_ERROR_BUSY,       /* too much waits for this session: try again when some has ended */
    JOBS_ERROR_FULL,       /* no room on the disk: try again when there is */
    JOBS_ERROR_AWAY,       /* Redis is not reached: try again in a moment */
} JobsErrorCode;
