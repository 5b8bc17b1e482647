/* Long encodes in parts of some twenty seconds and more, each a small MP4 that is kept as soon as it is
 * whole: a render that is ended in the middle leaves them to the next, which makes the others and copies
 * all of them, one behind the other, into what was asked for. With one kind of settings it makes no
 * difference to the result which of them were there already.
 *
 * Where they lie, and whether one may be believed, is the owner's: these functions are called on the
 * threads that render, and cameras are rendered side by side. */
#pragma once
#include <gio/gio.h>

typedef struct MediaParts {
    /* The path of a whole part of this name that was made of the same (`what`: a text of some lines), or
     * NULL; free with g_free(). warnings: char *, what was said when it was made is added. */
    char *(*find)(const char *name, const char *what, GPtrArray *warnings, gpointer data);
    /* Where to make it. Free with g_free(). */
    char *(*place)(const char *name, gpointer data);
    /* It is there. */
    gboolean (*keep)(const char *name, const char *what, const GPtrArray *warnings, gpointer data,
                     GError **error);
    gpointer data;
} MediaParts;
