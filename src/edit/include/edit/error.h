/* Errors of the room edit. */
#pragma once
#include <glib.h>

#define EDIT_ERROR (edit_error_quark())
GQuark edit_error_quark(void);

typedef enum {
    EDIT_ERROR_FAILED = 1,
    EDIT_ERROR_SETTING, /* unknown setting, or out of range: the message names it and the range */
} EditErrorCode;
