/* A process of ours that says what it does in JSON, a line each, on its standard output. What it says
 * for people, on standard error, is why it failed. Lines are bounded.
 * Threads: the one that runs the thread's default context; no callback from within a call. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>

typedef struct LiveChild LiveChild;

typedef struct LiveChildEnd {
    int status;         /* of its exit; -1: a signal ended it */
    const char *reason; /* one line for people */
} LiveChildEnd;

typedef struct LiveChildEvents {
    void (*line)(const json_t *value, gpointer data);      /* borrowed; an object */
    void (*ended)(const LiveChildEnd *end, gpointer data); /* once, last */
} LiveChildEvents;

/* `command` ends with NULL. `input` becomes its standard input, `extra` (-1: none) its descriptor 3;
 * both are taken. */
LiveChild *live_child_new(const char *const *command, int input, int extra,
                          const LiveChildEvents *events, gpointer data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void live_child_kill(LiveChild *child); /* ended() still comes */
/* No callback comes any more; the process is killed where it has not ended. NULL-safe. */
void live_child_free(LiveChild *child);
