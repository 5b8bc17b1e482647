/* Egresses that are to end though LiveKit did not confirm it: it is asked again and again, for two hours. */
#include "livekit-state-private.h"

enum {
    ENDING_MS = 3000,
    ENDING_TRIES = 2400, /* two hours */
};

typedef struct Ending {
    ServerLivekit *livekit;
    char *id;
} Ending;

/* None runs any more: it is done. */
static void egresses_came(const json_t *answer, const GError *error, gpointer data)
{
    g_autofree Ending *ending = data;
    g_autofree char *id = ending->id;
    guint active = 0;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE))
        return;
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    for (guint i = 0; i < list->len; i++) {
        const LivekitEgress *one = list->pdata[i];
        if (livekit_egress_is_over(one->status))
            continue;
        active++;
        LivekitCall stop = {"Egress/StopEgress", id, json_pack("{s:s}", "egress_id", one->id), 1};
        if (one->status != LIVEKIT_EGRESS_ENDING)
            livekit_client_call(ending->livekit->client, &stop, ending->livekit->cancellable,
                                server_room_ignore, NULL);
    }
    if (active == 0)
        g_hash_table_remove(ending->livekit->ending, id);
}

static void ending_free(gpointer data)
{
    Ending *ending = data;
    g_free(ending->id);
    g_free(ending);
}

static gboolean end_egresses(gpointer data)
{
    ServerLivekit *livekit = data;
    GHashTableIter iter;
    gpointer id, tries;
    g_hash_table_iter_init(&iter, livekit->ending);
    while (g_hash_table_iter_next(&iter, &id, &tries)) {
        if (GPOINTER_TO_UINT(tries) >= ENDING_TRIES) {
            g_warning("an egress may still run at LiveKit room=%s", (const char *)id);
            g_hash_table_iter_remove(&iter);
            continue;
        }
        g_hash_table_iter_replace(&iter, GUINT_TO_POINTER(GPOINTER_TO_UINT(tries) + 1));
        Ending *ending = g_new(Ending, 1);
        *ending = (Ending){livekit, g_strdup(id)};
        LivekitCall list = {"Egress/ListEgress", id,
                            json_pack("{s:s, s:b}", "room_name", id, "active", TRUE), 1,
                            ending_free};
        livekit_client_call(livekit->client, &list, NULL, egresses_came, ending);
    }
    if (g_hash_table_size(livekit->ending) > 0)
        return G_SOURCE_CONTINUE;
    livekit->ending_timer = 0;
    return G_SOURCE_REMOVE;
}

void server_livekit_end_egress(ServerLivekit *livekit, const char *show_id)
{
    if (livekit == NULL)
        return;
    g_hash_table_replace(livekit->ending, g_strdup(show_id), GUINT_TO_POINTER(0));
    if (livekit->ending_timer == 0)
        livekit->ending_timer = g_timeout_add(ENDING_MS, end_egresses, livekit);
}
