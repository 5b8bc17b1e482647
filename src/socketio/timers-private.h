/* Deadlines of many sessions behind one GSource: GLib looks at every source in every turn of its
 * loop, so a source each would make a turn cost as much as there are clients.
 * Threads: the context's. */
#pragma once
#include <glib.h>

typedef struct SocketioTimers SocketioTimers;

/* In the memory of whoever waits; cancelled before that is freed. `fire` and `data` are set by it. */
typedef struct SocketioTimer {
    void (*fire)(gpointer data);
    gpointer data;
    gint64 due_us;        /* g_get_monotonic_time() */
    GSequenceIter *place; /* NULL: not waiting */
} SocketioTimer;

SocketioTimers *socketio_timers_new(GMainContext *context) G_GNUC_WARN_UNUSED_RESULT;
void socketio_timers_free(SocketioTimers *timers); /* nobody waits any more. NULL-safe */

/* Fires once, from the loop; a timer that waits is moved. */
void socketio_timer_set(SocketioTimers *timers, SocketioTimer *timer, gint64 due_us);
void socketio_timer_set_in(SocketioTimers *timers, SocketioTimer *timer, guint delay_ms);
/* In the next turn of the loop, if it is not to fire before that anyway. */
void socketio_timer_set_soon(SocketioTimers *timers, SocketioTimer *timer);
void socketio_timer_cancel(SocketioTimer *timer);
