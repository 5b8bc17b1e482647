/* The manifest of a running show: read by all, changed here and through server_show_change(), written
 * from a worker, and kept as text for those who ask for it again and again. What always holds: one
 * writes it at a time, and what is answered is what it says now. */
#include "show-state-private.h"

#include "shows-private.h"

#include <store/attempt.h>
#include <store/folder.h>

#include <string.h>

/* ---- reading and changing ---- */

const ShowManifest *server_show_manifest(const ServerShow *show)
{
    return show->manifest;
}

ShowManifest *server_show_change(ServerShow *show)
{
    g_clear_pointer(&show->manifest_text, free); /* jansson's */
    return (ShowManifest *)show->manifest;
}

const char *server_show_manifest_text(ServerShow *show)
{
    if (show->manifest_text != NULL)
        return show->manifest_text;
    json_t *value = show_manifest_to_json(show->manifest);
    json_object_del(value, "live"); /* the answer's own */
    json_object_del(value, "render");
    show->manifest_text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(value);
    return show->manifest_text;
}

/* ---- writing ---- */

typedef struct Save {
    ServerShow *show;
    char *text;
    GArray *waiting; /* Saving; NULL: nobody */
    GError *error;
} Save;

typedef struct Saving {
    StoreUploadDone done;
    gpointer data;
} Saving;

static void tell_saved(const Save *save)
{
    for (guint i = 0; save->waiting != NULL && i < save->waiting->len; i++) {
        const Saving *one = &g_array_index(save->waiting, Saving, i);
        one->done(save->error, one->data);
    }
}

static void save_work(gpointer data)
{
    Save *save = data;
    store_show_write_whole(save->show->folder, STORE_MANIFEST, save->text, strlen(save->text),
                           &save->error);
}

static void save_done(gpointer data)
{
    Save *save = data;
    ServerShow *show = save->show;
    server_mirror_poke(show->server->mirror);
    if (save->error != NULL)
        g_warning("manifest not written show=%s error=%s", server_show_id(show),
                  save->error->message);
    tell_saved(save);
    g_clear_pointer(&save->waiting, g_array_unref);
    g_clear_error(&save->error);
    g_free(save->text);
    g_free(save);
    server_show_saved(show);
    server_show_unref(show);
}

void server_show_saved(ServerShow *show)
{
    show->is_saving = FALSE;
    if (show->is_closed)
        return;
    if (show->close_next != SHOW_STATE_UNSET)
        server_show_close_as(show, show->close_next);
    else if (show->save_again)
        server_show_save(show);
}

void server_show_save(ServerShow *show)
{
    show->save_again = show->is_saving;
    server_shows_note(show->server->shows, show->manifest);
    if (show->is_saving)
        return;
    show->is_saving = TRUE;
    server_show_ref(show);
    Save *save = g_new0(Save, 1);
    save->show = show;
    save->waiting = g_steal_pointer(&show->save_waiting);
    json_t *value = show_manifest_to_json(show->manifest);
    save->text = show_json_text(value, TRUE);
    json_decref(value);
    store_workers_push(show->server->disk_workers, save_work, save_done, save);
}

void server_show_save_then(ServerShow *show, StoreUploadDone done, gpointer data)
{
    if (show->save_waiting == NULL)
        show->save_waiting = g_array_new(FALSE, FALSE, sizeof(Saving));
    Saving one = {done, data};
    g_array_append_val(show->save_waiting, one);
    server_show_save(show);
}

/* ---- what a render left ---- */

void server_show_take_rendered(ServerShow *show, const ShowManifest *rendered)
{
    store_attempt_take(server_show_change(show), rendered);
}
