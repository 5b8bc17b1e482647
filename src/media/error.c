#include <media/error.h>

G_DEFINE_QUARK(media-error-quark, media_error)
