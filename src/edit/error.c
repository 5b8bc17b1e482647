#include <edit/error.h>

/* clang-format off */
G_DEFINE_QUARK(edit-error-quark, edit_error)
