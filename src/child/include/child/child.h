/* A process of ours that says what it does in JSON, a line each, on its standard output. What it says
 * for people, on standard error, is why it failed. Lines are bounded.
 * Threads: the one that runs the thread's default context; no callback from within a call. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>

typedef struct Child Child;

typedef struct ChildEnd {
    int status;         /* of its exit; -1: a signal ended it */
    const char *reason; /* one line for people */
} ChildEnd;

typedef struct ChildEvents {
    void (*line)(const json_t *value, gpointer data);  /* borrowed; an object */
    void (*ended)(const ChildEnd *end, gpointer data); /* once, last */
} ChildEvents;

typedef struct ChildOptions {
    const char *const *command; /* ends with NULL */
    int input;                  /* becomes its standard input, and is taken; -1: nothing to read */
    int extra;                  /* becomes its descriptor 3, and is taken; -1: none */
    int nice;                   /* setpriority(2); 0: that of this process */
} ChildOptions;

Child *child_new(const ChildOptions *options, const ChildEvents *events, gpointer data,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void child_signal(Child *child, int number); /* signal(7) */
void child_kill(Child *child);               /* ended() still comes */
/* No callback comes any more; the process is killed where it has not ended. NULL-safe. */
void child_free(Child *child);
