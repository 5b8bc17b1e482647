/* What can be wrong with a show's files. Messages name the file, the line, the member, what was
 * expected and what was found:  events.json: line 12: "t": expected milliseconds ≥ 0, found "soon" */
#pragma once
#include <glib.h>

#define SHOW_ERROR (show_error_quark())
GQuark show_error_quark(void);

typedef enum {
    SHOW_ERROR_FAILED = 1,  /* could not be read or written; the message says why */
    SHOW_ERROR_INVALID,     /* not JSON, or JSON that breaks the format */
    SHOW_ERROR_TOO_LARGE,   /* beyond a limit of show/limits.h */
} ShowErrorCode;
