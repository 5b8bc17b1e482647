#include <edit/error.h>

G_DEFINE_QUARK(edit - error - quark, edit_error)
