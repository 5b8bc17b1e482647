#include <http/error.h>

/* clang-format off */
G_DEFINE_QUARK(http-error-quark, http_error)
