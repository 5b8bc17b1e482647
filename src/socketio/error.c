#include <socketio/error.h>

G_DEFINE_QUARK(socketio - error - quark, socketio_error)
