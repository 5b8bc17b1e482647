/* One sequence sorted by deadline, one source that is ready at the first of them. */
#include "timers-private.h"

struct SocketioTimers {
    GSource *source;
    GSequence *waiting; /* SocketioTimer, the earliest first */
};

typedef struct TimerSource {
    GSource source;
    SocketioTimers *timers;
} TimerSource;

static SocketioTimer *first_of(const SocketioTimers *timers)
{
    GSequenceIter *first = g_sequence_get_begin_iter(timers->waiting);
    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static void arm(SocketioTimers *timers)
{
    const SocketioTimer *first = first_of(timers);
    g_source_set_ready_time(timers->source, first != NULL ? first->due_us : -1);
}

/* What is set while timers fire is due after `now_us`, so that a turn ends. */
static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    (void)callback;
    (void)data;
    SocketioTimers *timers = ((TimerSource *)source)->timers;
    gint64 now_us = g_source_get_time(source);
    for (SocketioTimer *first = first_of(timers); first != NULL && first->due_us <= now_us;
         first = first_of(timers)) {
        socketio_timer_cancel(first);
        first->fire(first->data);
    }
    arm(timers);
    return G_SOURCE_CONTINUE;
}

SocketioTimers *socketio_timers_new(GMainContext *context)
{
    static const GSourceFuncs functions = {.dispatch = dispatch};
    SocketioTimers *timers = g_new0(SocketioTimers, 1);
    timers->waiting = g_sequence_new(NULL);
    timers->source = g_source_new((GSourceFuncs *)&functions, sizeof(TimerSource));
    ((TimerSource *)timers->source)->timers = timers;
    g_source_set_static_name(timers->source, "socketio");
    g_source_attach(timers->source, context);
    return timers;
}

void socketio_timers_free(SocketioTimers *timers)
{
    if (timers == NULL)
        return;
    g_assert(g_sequence_is_empty(timers->waiting));
    g_source_destroy(timers->source);
    g_source_unref(timers->source);
    g_sequence_free(timers->waiting);
    g_free(timers);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    gint64 left = ((const SocketioTimer *)a)->due_us;
    gint64 right = ((const SocketioTimer *)b)->due_us;
    return (left > right) - (left < right);
}

void socketio_timer_set(SocketioTimers *timers, SocketioTimer *timer, gint64 due_us)
{
    socketio_timer_cancel(timer);
    timer->due_us = due_us;
    timer->place = g_sequence_insert_sorted(timers->waiting, timer, compare, NULL);
    if (first_of(timers) == timer)
        arm(timers);
}

void socketio_timer_set_in(SocketioTimers *timers, SocketioTimer *timer, guint delay_ms)
{
    socketio_timer_set(timers, timer, g_get_monotonic_time() + (gint64)delay_ms * 1000);
}

void socketio_timer_set_soon(SocketioTimers *timers, SocketioTimer *timer)
{
    gint64 now_us = g_get_monotonic_time();
    if (timer->place == NULL || timer->due_us > now_us)
        socketio_timer_set(timers, timer, now_us);
}

void socketio_timer_cancel(SocketioTimer *timer)
{
    if (timer->place != NULL)
        g_sequence_remove(timer->place);
    timer->place = NULL;
}
