/* Saved destinations: looked at and changed by the worker, answered by the loop. */
#include "live-state-private.h"

typedef struct Act {
    ServerLive *live;
    ServerLiveAct kind;
    LiveTarget *target;
    char *name;
    json_t *report;
    ServerLiveDone done;
    gpointer data;
    GError *error;
} Act;

static json_t *saved_json(const char *name, const char *address, gboolean has_key)
{
    return json_pack("{s:s, s:s, s:b}", "name", name, "address", address, "hasKey", has_key);
}

static json_t *list_json(LiveBook *book, GError **error)
{
    g_autoptr(GPtrArray) saved = live_book_list(book, error);
    if (saved == NULL)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < saved->len; i++) {
        const LiveSaved *one = saved->pdata[i];
        json_array_append_new(list, saved_json(one->name, one->address, one->has_key));
    }
    return json_pack("{s:o}", "destinations", list);
}

static void save_target(Act *act)
{
    gboolean is_new = FALSE;
    if (!server_live_need_secret(act->live, &act->error) ||
        !live_book_save(act->live->book, act->live->secret, act->target, &is_new, &act->error))
        return;
    g_autofree char *address = live_target_address(act->target);
    act->report = saved_json(act->target->name, address, *act->target->key != '\0');
}

static void act_work(gpointer data)
{
    Act *act = data;
    if (act->kind == SERVER_LIVE_LIST)
        act->report = list_json(act->live->book, &act->error);
    else if (act->kind == SERVER_LIVE_SAVE)
        save_target(act);
    else
        live_book_remove(act->live->book, act->name, &act->error);
}

static void act_done(gpointer data)
{
    Act *act = data;
    act->done(act->report, act->error, act->data);
    json_decref(act->report);
    live_target_free(act->target);
    g_clear_error(&act->error);
    g_free(act->name);
    g_free(act);
}

void server_live_destinations(ServerLive *live, ServerLiveAct kind, LiveTarget *target,
                              const char *name, ServerLiveDone done, gpointer data)
{
    Act *act = g_new0(Act, 1);
    *act = (Act){.live = live,
                 .kind = kind,
                 .target = target,
                 .name = g_strdup(name),
                 .done = done,
                 .data = data};
    store_workers_push(live->workers, act_work, act_done, act);
}
