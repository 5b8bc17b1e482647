/* The child that renders: what it says as part of the whole, and its end as others may read it. */
#include <server/render-child.h>

#include <child/child.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { NICE = 10, STOP_S = 10, EXIT_USAGE = 2 };

struct ServerRenderChild {
    Child *child;
    char *folder;
    ServerRenderEvents events;
    double percent;
    gboolean is_paused;
    guint stop_timer;
};

/* ---- what it says ---- */

/* Where a stage lies in the whole. Measured nowhere: what is decoded, encoded or copied takes most. */
static const struct {
    const char *name;
    double from, to;
} stages[] = {{"join", 0, 5},   {"listen", 5, 25}, {"measure", 25, 30}, {"slides", 30, 35},
              {"read", 30, 35}, {"sound", 35, 95}, {"render", 35, 95},  {"copy", 35, 95}};

static void take_progress(const json_t *value, gpointer data)
{
    ServerRenderChild *render = data;
    const char *stage = json_string_value(json_object_get(value, "stage"));
    double percent = json_number_value(json_object_get(value, "percent"));
    const json_t *left = json_object_get(value, "left");
    for (gsize i = 0; stage != NULL && i < G_N_ELEMENTS(stages); i++) {
        if (strcmp(stage, stages[i].name) != 0)
            continue;
        double part = (stages[i].to - stages[i].from) * CLAMP(percent, 0, 100) / 100;
        render->percent = MAX(render->percent, stages[i].from + part);
        gboolean is_known =
            (strcmp(stage, "render") == 0 || strcmp(stage, "copy") == 0) && json_is_number(left);
        gint64 left_ms = is_known ? (gint64)(CLAMP(json_number_value(left), 0, 1e6) * 1000) : -1;
        render->events.progress(render->percent, left_ms, render->events.data);
    }
}

/* ---- its end ---- */

static char *reason_of(const ServerRenderChild *render, const ChildEnd *end)
{
    GString *reason = g_string_new(end->reason);
    g_autofree char *within = g_strconcat(render->folder, "/", NULL);
    g_string_replace(reason, within, "", 0);
    g_string_replace(reason, render->folder, "this show", 0);
    return g_string_free(reason, FALSE);
}

static void was_ended(const ChildEnd *end, gpointer data)
{
    ServerRenderChild *render = data;
    gboolean is_good = end->status == 0;
    g_autofree char *reason = is_good ? NULL : reason_of(render, end);
    ServerRenderEnd told = {
        .is_good = is_good,
        .is_for_good = end->status == EXIT_USAGE,
        .reason = reason,
    };
    render->events.ended(&told, render->events.data);
}

/* ---- life ---- */

static Child *spawn(ServerRenderChild *render, const char *program, const char *const *more,
                    GError **error)
{
    static const ChildEvents events = {take_progress, was_ended};
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_add_many(builder, program, "render", render->folder, "--json", "--sandbox",
                            "--parent", parent, NULL);
    g_strv_builder_addv(builder, (const char **)more);
    g_auto(GStrv) command = g_strv_builder_end(builder);
    ChildOptions options = {
        .command = (const char *const *)command, .input = -1, .extra = -1, .nice = NICE};
    return child_new(&options, &events, render, error);
}

ServerRenderChild *server_render_child_new(const char *program, const char *folder,
                                           const char *const *options,
                                           const ServerRenderEvents *events, GError **error)
{
    ServerRenderChild *render = g_new0(ServerRenderChild, 1);
    render->folder = g_strdup(folder);
    render->events = *events;
    render->child = spawn(render, program, options, error);
    if (render->child == NULL)
        g_clear_pointer(&render, server_render_child_free);
    return render;
}

void server_render_child_pause(ServerRenderChild *render, gboolean is_paused)
{
    if (render->is_paused == is_paused || render->stop_timer != 0)
        return;
    render->is_paused = is_paused;
    child_signal(render->child, is_paused ? SIGSTOP : SIGCONT);
}

static gboolean kill_it(gpointer data)
{
    ServerRenderChild *render = data;
    render->stop_timer = 0;
    child_kill(render->child);
    return G_SOURCE_REMOVE;
}

void server_render_child_stop(ServerRenderChild *render)
{
    if (render->stop_timer != 0)
        return;
    server_render_child_pause(render, FALSE);
    render->stop_timer = g_timeout_add_seconds(STOP_S, kill_it, render);
    child_signal(render->child, SIGTERM);
}

void server_render_child_free(ServerRenderChild *render)
{
    if (render == NULL)
        return;
    g_clear_handle_id(&render->stop_timer, g_source_remove);
    child_free(render->child);
    g_free(render->folder);
    g_free(render);
}
