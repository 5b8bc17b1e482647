/* One `crosscut render --json` as a child: sandboxed, of low priority, bound to this process. What it
 * says is bounded and believed only as numbers. Threads: the server's; no callback from within a call. */
#pragma once
#include <gio/gio.h>

typedef struct ServerRenderChild ServerRenderChild;

typedef struct ServerRenderEnd {
    gboolean is_good;
    gboolean is_for_good; /* what it was asked for is wrong: another try would be the same */
    const char *reason;   /* why it is not good; one line, without paths of this machine */
} ServerRenderEnd;

typedef struct ServerRenderEvents {
    /* percent of all of it, never less than before; left_ms -1: not known */
    void (*progress)(double percent, gint64 left_ms, gpointer data);
    void (*ended)(const ServerRenderEnd *end, gpointer data); /* once, last */
    gpointer data;
} ServerRenderEvents;

/* `options`: behind the folder, NULL at the end. */
ServerRenderChild *server_render_child_new(const char *program, const char *folder,
                                           const char *const *options,
                                           const ServerRenderEvents *events,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* It takes no processor time while it is paused. */
void server_render_child_pause(ServerRenderChild *child, gboolean is_paused);
/* Asks it to end, which leaves nothing half-written, and ends it some seconds later. */
void server_render_child_stop(ServerRenderChild *child);
/* One that runs is killed, and its end is not told. NULL-safe. */
void server_render_child_free(ServerRenderChild *child);
