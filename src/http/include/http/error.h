/* Why something of the room did not work. Messages name the object and the cause. */
#pragma once
#include <glib.h>

#define HTTP_ERROR (http_error_quark())
GQuark http_error_quark(void);

typedef enum {
    HTTP_ERROR_FAILED = 1, /* the system refused; the message has its reason */
    HTTP_ERROR_ADDRESS,    /* the address cannot be read, or cannot be listened on */
    HTTP_ERROR_NOT_ASKED,  /* the request does not ask for a WebSocket, or not rightly */
    HTTP_ERROR_SYNTAX,     /* bytes from outside that break the format they claim */
    HTTP_ERROR_TOO_LARGE,  /* more than the limit that was given */
} HttpError;
