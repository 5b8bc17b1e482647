/* A disk that hangs does not stop the main loop, so the loop has to ask: beats go through the same
 * queue as the syncs, and one that does not come back says that nothing does. */
#include "pulse-private.h"

enum { BEAT_S = 2 };

typedef struct Beat {
    ServerPulse *pulse; /* NULL: freed meanwhile */
    gint64 sent_us;
} Beat;

struct ServerPulse {
    StoreWorkers *workers;
    GSource *timer;
    Beat *beat; /* under way; NULL: none */
};

static void work(gpointer data)
{
    (void)data;
}

static void came_back(gpointer data)
{
    Beat *beat = data;
    if (beat->pulse != NULL)
        beat->pulse->beat = NULL;
    g_free(beat);
}

static gboolean send_beat(gpointer data)
{
    ServerPulse *pulse = data;
    if (pulse->beat == NULL) {
        pulse->beat = g_new0(Beat, 1);
        pulse->beat->pulse = pulse;
        pulse->beat->sent_us = g_get_monotonic_time();
        store_workers_push(pulse->workers, work, came_back, pulse->beat);
    }
    return G_SOURCE_CONTINUE;
}

ServerPulse *server_pulse_new(StoreWorkers *workers, GMainContext *context)
{
    ServerPulse *pulse = g_new0(ServerPulse, 1);
    pulse->workers = workers;
    pulse->timer = g_timeout_source_new_seconds(BEAT_S);
    g_source_set_callback(pulse->timer, send_beat, pulse, NULL);
    g_source_attach(pulse->timer, context);
    return pulse;
}

/* A loop that was busy itself is not a disk that hangs: the age counts from the beat that is out. */
gint64 server_pulse_age_ms(const ServerPulse *pulse)
{
    if (pulse->beat == NULL)
        return 0;
    return (g_get_monotonic_time() - pulse->beat->sent_us) / 1000;
}

void server_pulse_free(ServerPulse *pulse)
{
    if (pulse == NULL)
        return;
    g_source_destroy(pulse->timer);
    g_source_unref(pulse->timer);
    if (pulse->beat != NULL)
        pulse->beat->pulse = NULL;
    g_free(pulse);
}
