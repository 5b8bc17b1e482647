/* A child and its two pipes. What always holds: ended() comes when the process is gone and both pipes
 * are empty; a line longer than LINE_MAX_BYTES is cut there. */
#include <child/child.h>

#include <string.h>
#include <sys/resource.h>

enum { READ_BYTES = 4096, LINE_MAX_BYTES = 8192, EXTRA_FD = 3 };

typedef struct Pipe {
    Child *child;
    GInputStream *stream;
    GString *line;
    void (*take)(Child *child, const char *line);
    char buffer[READ_BYTES];
} Pipe;

struct Child {
    GSubprocess *process;
    ChildEvents events;
    gpointer data;
    Pipe out, err;
    char *said; /* its last line for people */
    gboolean is_freed;
    guint pending; /* both pipes and the process */
};

static void take_json(Child *child, const char *line)
{
    json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(value))
        child->events.line(value, child->data);
    json_decref(value);
}

static void take_words(Child *child, const char *line)
{
    static const char prefix[] = "crosscut: ";
    if (*line == '\0')
        return;
    g_free(child->said);
    const char *words = g_str_has_prefix(line, prefix) ? line + strlen(prefix) : line;
    child->said = g_utf8_make_valid(words, -1);
}

static void take_bytes(Pipe *pipe, gsize length)
{
    for (gsize i = 0; i < length && !pipe->child->is_freed; i++) {
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

static void dispose(Child *child)
{
    g_clear_object(&child->process);
    g_string_free(child->out.line, TRUE);
    g_string_free(child->err.line, TRUE);
    g_free(child->said);
    g_free(child);
}

static void end_one(Child *child)
{
    if (--child->pending > 0)
        return;
    if (child->is_freed) {
        dispose(child);
        return;
    }
    gboolean has_exited = g_subprocess_get_if_exited(child->process);
    g_autofree char *reason =
        has_exited ? g_strdup(child->said != NULL ? child->said : "it said no reason")
                   : g_strdup_printf("it was ended by signal %d",
                                     g_subprocess_get_term_sig(child->process));
    ChildEnd end = {
        .status = has_exited ? g_subprocess_get_exit_status(child->process) : -1,
        .reason = reason,
    };
    child->events.ended(&end, child->data);
}

static void read_more(Pipe *pipe);

static void was_read(GObject *source, GAsyncResult *result, gpointer data)
{
    Pipe *pipe = data;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);
    if (length > 0) {
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

static void open_pipe(Pipe *pipe, Child *child, GInputStream *stream,
                      void (*take)(Child *child, const char *line))
{
    pipe->child = child;
    pipe->stream = stream;
    pipe->line = g_string_new(NULL);
    pipe->take = take;
    read_more(pipe);
}

/* Between fork and exec: system calls only. */
static void set_priority(gpointer data)
{
    setpriority(PRIO_PROCESS, 0, GPOINTER_TO_INT(data));
}

static GSubprocess *spawn(const ChildOptions *options, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    if (options->input >= 0)
        g_subprocess_launcher_take_stdin_fd(launcher, options->input);
    if (options->extra >= 0)
        g_subprocess_launcher_take_fd(launcher, options->extra, EXTRA_FD);
    if (options->nice != 0)
        g_subprocess_launcher_set_child_setup(launcher, set_priority,
                                              GINT_TO_POINTER(options->nice), NULL);
    return g_subprocess_launcher_spawnv(launcher, options->command, error);
}

Child *child_new(const ChildOptions *options, const ChildEvents *events, gpointer data,
                 GError **error)
{
    GSubprocess *process = spawn(options, error);
    if (process == NULL)
        return NULL;
    Child *child = g_new0(Child, 1);
    child->process = process;
    child->events = *events;
    child->data = data;
    child->pending = 3;
    open_pipe(&child->out, child, g_subprocess_get_stdout_pipe(process), take_json);
    open_pipe(&child->err, child, g_subprocess_get_stderr_pipe(process), take_words);
    g_subprocess_wait_async(process, NULL, was_waited, child);
    return child;
}

void child_signal(Child *child, int number)
{
    g_subprocess_send_signal(child->process, number);
}

void child_kill(Child *child)
{
    g_subprocess_force_exit(child->process);
}

void child_free(Child *child)
{
    if (child == NULL)
        return;
    child->is_freed = TRUE;
    if (child->pending == 0)
        dispose(child);
    else
        g_subprocess_force_exit(child->process);
}
