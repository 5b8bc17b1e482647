#include <live/error.h>

G_DEFINE_QUARK(live - error - quark, live_error)
