/* Errors of the room store. */
#pragma once
#include <glib.h>

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

typedef enum {
    STORE_ERROR_FAILED = 1,
    STORE_ERROR_EXISTS,  /* the folder holds a show already */
    STORE_ERROR_FULL,    /* no room on the disk */
    STORE_ERROR_DIFFERS, /* a file is not what the manifest says */
} StoreErrorCode;
