#include <show/error.h>

G_DEFINE_QUARK(show - error - quark, show_error)
