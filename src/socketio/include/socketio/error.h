/* Why bytes of a client were refused. Messages name what was read and what is wrong with it. */
#pragma once
#include <glib.h>

#define SOCKETIO_ERROR (socketio_error_quark())
GQuark socketio_error_quark(void);

typedef enum {
    SOCKETIO_ERROR_SYNTAX = 1, /* breaks the protocol: the client is to be closed */
    SOCKETIO_ERROR_LIMIT,      /* more than the limits given allow: likewise */
} SocketioError;
