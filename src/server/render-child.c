/* The child that renders. What always holds: ended() comes when the process is gone and both of its
 * pipes are empty; a line longer than LINE_MAX_BYTES is cut there. */
#include <server/render-child.h>

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { READ_BYTES = 4096, LINE_MAX_BYTES = 8192, NICE = 10, STOP_S = 10, EXIT_USAGE = 2 };

typedef struct Pipe {
    ServerRenderChild *child;
    GInputStream *stream;
    GString *line;
    void (*take)(ServerRenderChild *child, const char *line);
    char buffer[READ_BYTES];
} Pipe;

struct ServerRenderChild {
    GSubprocess *process;
    char *folder;
    ServerRenderEvents events;
    Pipe out, err;
    char *said; /* its last line for people */
    double percent;
    gboolean is_paused, is_freed;
    guint stop_timer;
    guint pending; /* both pipes and the process */
};

/* ---- what it says ---- */

/* Where a stage lies in the whole. Measured nowhere: what is decoded, encoded or copied takes most. */
static const struct {
    const char *name;
    double from, to;
} stages[] = {{"join", 0, 5},   {"listen", 5, 25}, {"measure", 25, 30}, {"slides", 30, 35},
              {"read", 30, 35}, {"sound", 35, 95}, {"render", 35, 95},  {"copy", 35, 95}};

static void take_progress(ServerRenderChild *child, const char *line)
{
    json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *stage = json_string_value(json_object_get(value, "stage"));
    double percent = json_number_value(json_object_get(value, "percent"));
    const json_t *left = json_object_get(value, "left");
    for (gsize i = 0; stage != NULL && i < G_N_ELEMENTS(stages); i++) {
        if (strcmp(stage, stages[i].name) != 0)
            continue;
        double part = (stages[i].to - stages[i].from) * CLAMP(percent, 0, 100) / 100;
        child->percent = MAX(child->percent, stages[i].from + part);
        gboolean is_known =
            (strcmp(stage, "render") == 0 || strcmp(stage, "copy") == 0) && json_is_number(left);
        gint64 left_ms = is_known ? (gint64)(CLAMP(json_number_value(left), 0, 1e6) * 1000) : -1;
        child->events.progress(child->percent, left_ms, child->events.data);
    }
    json_decref(value);
}

static void take_words(ServerRenderChild *child, const char *line)
{
    static const char prefix[] = "crosscut: ";
    if (*line == '\0')
        return;
    g_free(child->said);
    child->said = g_strdup(g_str_has_prefix(line, prefix) ? line + strlen(prefix) : line);
}

static void take_bytes(Pipe *pipe, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        char c = pipe->buffer[i];
        if (c == '\n') {
            pipe->take(pipe->child, pipe->line->str);
            g_string_truncate(pipe->line, 0);
        } else if (pipe->line->len < LINE_MAX_BYTES && c != '\0') {
            g_string_append_c(pipe->line, c);
        }
    }
}

/* ---- its end ---- */

static void dispose(ServerRenderChild *child)
{
    g_clear_handle_id(&child->stop_timer, g_source_remove);
    g_clear_object(&child->process);
    g_string_free(child->out.line, TRUE);
    g_string_free(child->err.line, TRUE);
    g_free(child->folder);
    g_free(child->said);
    g_free(child);
}

static char *reason_of(const ServerRenderChild *child)
{
    if (g_subprocess_get_if_signaled(child->process))
        return g_strdup_printf("it was ended by signal %d",
                               g_subprocess_get_term_sig(child->process));
    GString *reason = g_string_new(child->said != NULL ? child->said : "it said no reason");
    g_autofree char *within = g_strconcat(child->folder, "/", NULL);
    g_string_replace(reason, within, "", 0);
    g_string_replace(reason, child->folder, "this show", 0);
    return g_string_free(reason, FALSE);
}

static void end_one(ServerRenderChild *child)
{
    if (--child->pending > 0)
        return;
    if (child->is_freed) {
        dispose(child);
        return;
    }
    gboolean is_good = g_subprocess_get_successful(child->process);
    g_autofree char *reason = is_good ? NULL : reason_of(child);
    ServerRenderEnd end = {
        .is_good = is_good,
        .is_for_good = g_subprocess_get_if_exited(child->process) &&
                       g_subprocess_get_exit_status(child->process) == EXIT_USAGE,
        .reason = reason,
    };
    child->events.ended(&end, child->events.data);
}

static void read_more(Pipe *pipe);

static void was_read(GObject *source, GAsyncResult *result, gpointer data)
{
    Pipe *pipe = data;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);
    if (length > 0) {
        if (!pipe->child->is_freed)
            take_bytes(pipe, (gsize)length);
        read_more(pipe);
        return;
    }
    if (!pipe->child->is_freed && pipe->line->len > 0)
        pipe->take(pipe->child, pipe->line->str);
    end_one(pipe->child);
}

static void read_more(Pipe *pipe)
{
    g_input_stream_read_async(pipe->stream, pipe->buffer, READ_BYTES, G_PRIORITY_DEFAULT, NULL,
                              was_read, pipe);
}

static void was_waited(GObject *source, GAsyncResult *result, gpointer data)
{
    g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
    end_one(data);
}

/* ---- life ---- */

/* Between fork and exec: system calls only. */
static void lower_priority(gpointer data)
{
    (void)data;
    setpriority(PRIO_PROCESS, 0, NICE);
}

static GSubprocess *spawn(const char *program, const char *folder, const char *const *options,
                          GError **error)
{
    g_autoptr(GPtrArray) command = g_ptr_array_new();
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    const char *const first[] = {program,     "render",   folder, "--json",
                                 "--sandbox", "--parent", parent};
    for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
        g_ptr_array_add(command, (char *)first[i]);
    for (; *options != NULL; options++)
        g_ptr_array_add(command, (char *)*options);
    g_ptr_array_add(command, NULL);
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_subprocess_launcher_set_child_setup(launcher, lower_priority, NULL, NULL);
    return g_subprocess_launcher_spawnv(launcher, (const char *const *)command->pdata, error);
}

static void open_pipe(Pipe *pipe, ServerRenderChild *child, GInputStream *stream,
                      void (*take)(ServerRenderChild *child, const char *line))
{
    pipe->child = child;
    pipe->stream = stream;
    pipe->line = g_string_new(NULL);
    pipe->take = take;
    read_more(pipe);
}

ServerRenderChild *server_render_child_new(const char *program, const char *folder,
                                           const char *const *options,
                                           const ServerRenderEvents *events, GError **error)
{
    GSubprocess *process = spawn(program, folder, options, error);
    if (process == NULL)
        return NULL;
    ServerRenderChild *child = g_new0(ServerRenderChild, 1);
    child->process = process;
    child->folder = g_strdup(folder);
    child->events = *events;
    child->pending = 3;
    open_pipe(&child->out, child, g_subprocess_get_stdout_pipe(process), take_progress);
    open_pipe(&child->err, child, g_subprocess_get_stderr_pipe(process), take_words);
    g_subprocess_wait_async(process, NULL, was_waited, child);
    return child;
}

void server_render_child_pause(ServerRenderChild *child, gboolean is_paused)
{
    if (child->is_paused == is_paused || child->stop_timer != 0)
        return;
    child->is_paused = is_paused;
    g_subprocess_send_signal(child->process, is_paused ? SIGSTOP : SIGCONT);
}

static gboolean kill_it(gpointer data)
{
    ServerRenderChild *child = data;
    child->stop_timer = 0;
    g_subprocess_force_exit(child->process);
    return G_SOURCE_REMOVE;
}

void server_render_child_stop(ServerRenderChild *child)
{
    if (child->stop_timer != 0)
        return;
    server_render_child_pause(child, FALSE);
    child->stop_timer = g_timeout_add_seconds(STOP_S, kill_it, child);
    g_subprocess_send_signal(child->process, SIGTERM);
}

void server_render_child_free(ServerRenderChild *child)
{
    if (child == NULL)
        return;
    child->is_freed = TRUE;
    g_clear_handle_id(&child->stop_timer, g_source_remove);
    if (child->pending == 0)
        dispose(child);
    else
        g_subprocess_force_exit(child->process);
}
