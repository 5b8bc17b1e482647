#include <s3/error.h>

/* clang-format off */
G_DEFINE_QUARK(s3-error-quark, s3_error)
