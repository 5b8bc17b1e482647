/* Errors of the room media. Messages name the file, what was being done and why it failed. */
#pragma once
#include <glib.h>

#define MEDIA_ERROR (media_error_quark())
GQuark media_error_quark(void);

typedef enum {
    MEDIA_ERROR_FAILED = 1,
    MEDIA_ERROR_NOT_MEDIA,  /* not a media file, or damaged beyond reading */
    MEDIA_ERROR_ALIGN,      /* a source that cannot be aligned with the others */
    MEDIA_ERROR_LIMIT,      /* larger than any camera's: 16k pictures, thousands of streams … */
} MediaErrorCode;
