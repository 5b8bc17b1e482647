/* What a render is asked for: {"settings":{…},"height":720,"cut":"calm","highlights":[{"start":ms,
 * "end":ms}…],"only":"highlights"}, and the options of `crosscut render` that say the same. Threads: any,
 * no shared state. */
#pragma once
#include <glib.h>
#include <jansson.h>
#include <store/attempt.h>

/* The text that the queue keeps. NULL and SERVER_ERROR_INVALID, EDIT_ERROR_*: names the member. Free
 * with g_free(). `body` NULL: nothing is asked for. */
char *server_render_wish_text(const json_t *body, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* NULL-terminated; NULL when it is no such text. Free with g_strfreev(). */
char **server_render_wish_options(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The cut's name, or NULL. Free with g_free(). */
char *server_render_wish_cut(const char *text);
/* The one part that is asked for, or NULL: all. Free with g_free(). */
char *server_render_wish_only(const char *text);
/* What its attempt has to have of an earlier render. */
StoreKeep server_render_wish_keeps(const char *text);
