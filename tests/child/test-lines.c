/* Small shells stand for our own program: what they say, and how they end. */
#include <child/child.h>

#include <signal.h>
#include <string.h>

typedef struct Heard {
    Child *child;
    GMainLoop *loop;
    guint lines;
    gint64 last; /* "n" of the last line */
    int status;
    char *reason;
} Heard;

static void take_line(const json_t *value, gpointer data)
{
    Heard *heard = data;
    g_assert_true(json_is_object(value));
    heard->lines++;
    heard->last = json_integer_value(json_object_get(value, "n"));
}

static void take_end(const ChildEnd *end, gpointer data)
{
    Heard *heard = data;
    heard->status = end->status;
    heard->reason = g_strdup(end->reason);
    g_main_loop_quit(heard->loop);
}

static void start(Heard *heard, const char *script)
{
    static const ChildEvents events = {take_line, take_end};
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    ChildOptions options = {.command = command, .input = -1, .extra = -1, .nice = 1};
    g_autoptr(GError) error = NULL;
    *heard = (Heard){.loop = g_main_loop_new(NULL, FALSE)};
    heard->child = child_new(&options, &events, heard, &error);
    g_assert_no_error(error);
}

static void finish(Heard *heard)
{
    g_main_loop_run(heard->loop);
    child_free(heard->child);
    g_main_loop_unref(heard->loop);
}

static void heard_clear(Heard *heard)
{
    g_free(heard->reason);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Heard, heard_clear)

static void test_lines(void)
{
    g_auto(Heard) heard = {0};
    start(&heard, "echo '{\"n\":1}'; echo no json; echo '[2]'; printf '{\"n\":3}'");
    finish(&heard);
    g_assert_cmpuint(heard.lines, ==, 2);
    g_assert_cmpint(heard.last, ==, 3); /* also without a newline */
    g_assert_cmpint(heard.status, ==, 0);
}

static void test_reason(void)
{
    g_auto(Heard) heard = {0};
    start(&heard, "echo first >&2; echo 'crosscut: why it failed' >&2; echo >&2; exit 2");
    finish(&heard);
    g_assert_cmpint(heard.status, ==, 2);
    g_assert_cmpstr(heard.reason, ==, "why it failed");
}

static void test_signal(void)
{
    g_auto(Heard) heard = {0};
    start(&heard, "exec sleep 600");
    child_signal(heard.child, SIGTERM);
    finish(&heard);
    g_assert_cmpint(heard.status, ==, -1);
    g_assert_cmpstr(heard.reason, ==, "it was ended by signal 15");
}

static void test_long_line(void)
{
    g_auto(Heard) heard = {0};
    start(&heard, "printf '%100000d\\n' 7 >&2; exit 1");
    finish(&heard);
    g_assert_cmpuint(strlen(heard.reason), <=, 8192);
}

/* Nothing is told of one that was let go, and its process ends. */
static void test_let_go(void)
{
    Heard heard = {0};
    start(&heard, "echo '{\"n\":1}'; exec sleep 600");
    child_free(heard.child);
    for (guint i = 0; i < 200; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_assert_cmpuint(heard.lines, ==, 0);
    g_assert_null(heard.reason);
    g_main_loop_unref(heard.loop);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/child/lines/come-one-by-one", test_lines);
    g_test_add_func("/child/lines/for-people-say-why-it-failed", test_reason);
    g_test_add_func("/child/ends-by-a-signal", test_signal);
    g_test_add_func("/child/lines/are-bounded", test_long_line);
    g_test_add_func("/child/lines/of-one-let-go-are-not-told", test_let_go);
    return g_test_run();
}
