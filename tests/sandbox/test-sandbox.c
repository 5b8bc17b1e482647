/* What a process inside the sandbox can do, tried by one: each case runs in a child that enters it,
 * and answers with its exit status. */
#include <sandbox/sandbox.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOOD = 0, BAD = 1, NOT_INSIDE = 2 };

typedef int (*Try)(gpointer data);

/* How the child ended: its exit status, or 100 + the signal. */
static int run_inside(const SandboxOptions *options, Try try_it, gpointer data)
{
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0)
        _exit(sandbox_enter(options, NULL) ? try_it(data) : NOT_INSIDE);
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static const SandboxOptions plain = {0};

static int denied(long result)
{
    return result == -1 && errno == EPERM ? GOOD : BAD;
}

/* ---- calls ---- */

static int open_sockets(gpointer data)
{
    (void)data;
    int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
        if (denied(socket(families[i], SOCK_STREAM, 0)) != GOOD)
            return BAD;
    int pair[2];
    return denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void opens_no_socket(void)
{
    g_assert_cmpint(run_inside(&plain, open_sockets, NULL), ==, GOOD);
}

/* A message through a socket that was there before, and no socket of its own. */
static int use_a_given_socket(gpointer data)
{
    const int *pair = data;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (sendmsg(pair[0], &message, 0) != 1 || recvmsg(pair[1], &message, 0) != 1)
        return BAD;
    return open_sockets(NULL);
}

static void uses_the_sockets_it_was_given(void)
{
    static const SandboxOptions given = {.network = SANDBOX_NETWORK_GIVEN};
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    g_assert_cmpint(run_inside(&given, use_a_given_socket, pair), ==, GOOD);
    close(pair[0]);
    close(pair[1]);
}

static int connect_and_not_listen(gpointer data)
{
    (void)data;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || denied(listen(fd, 1)) != GOOD || denied(accept(fd, NULL, NULL)) != GOOD)
        return BAD;
    if (denied(socket(AF_PACKET, SOCK_RAW, 0)) != GOOD)
        return BAD;
    return denied(execl("/bin/true", "true", NULL));
}

static void a_client_connects_and_does_not_listen(void)
{
    static const SandboxOptions client = {.network = SANDBOX_NETWORK_CLIENT};
    g_assert_cmpint(run_inside(&client, connect_and_not_listen, NULL), ==, GOOD);
}

static int run_program(gpointer data)
{
    (void)data;
    return denied(execl("/bin/true", "true", NULL));
}

static void runs_no_program(void)
{
    g_assert_cmpint(run_inside(&plain, run_program, NULL), ==, GOOD);
}

static int make_process(gpointer data)
{
    (void)data;
    if (denied(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0L)) != GOOD)
        return BAD;
    long result = syscall(SYS_clone3, NULL, 0L);
    return result == -1 && errno == ENOSYS ? GOOD : BAD;
}

static void makes_no_process(void)
{
    g_assert_cmpint(run_inside(&plain, make_process, NULL), ==, GOOD);
}

static int touch_others(gpointer data)
{
    (void)data;
    char byte;
    struct iovec here = {&byte, 1};
    if (denied(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)) != GOOD ||
        denied(kill(getppid(), 0)) != GOOD ||
        denied(syscall(SYS_process_vm_readv, getppid(), &here, 1L, &here, 1L, 0L)) != GOOD)
        return BAD;
    return denied(mount("none", "/tmp", "tmpfs", 0, NULL)) == GOOD &&
                   denied(unshare(CLONE_NEWUSER)) == GOOD
               ? GOOD
               : BAD;
}

static void touches_no_other_process_and_no_mount(void)
{
    g_assert_cmpint(run_inside(&plain, touch_others, NULL), ==, GOOD);
}

static int execute_memory(gpointer data)
{
    (void)data;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return BAD;
    return denied(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static void executes_no_memory(void)
{
    g_assert_cmpint(run_inside(&plain, execute_memory, NULL), ==, GOOD);
}

static gpointer answer(gpointer data)
{
    return data;
}

static int make_thread(gpointer data)
{
    (void)data;
    GThread *thread = g_thread_new("test", answer, GINT_TO_POINTER(7));
    return GPOINTER_TO_INT(g_thread_join(thread)) == 7 ? GOOD : BAD;
}

static void makes_threads(void)
{
    g_assert_cmpint(run_inside(&plain, make_thread, NULL), ==, GOOD);
}

static int fail_an_assertion(gpointer data)
{
    (void)data;
    abort();
}

static void can_still_abort(void)
{
    g_assert_cmpint(run_inside(&plain, fail_an_assertion, NULL), ==, 100 + SIGABRT);
}

/* ---- limits ---- */

static int look_at_limits(gpointer data)
{
    const SandboxOptions *options = data;
    struct rlimit core, files, descriptors;
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_FSIZE, &files);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    gboolean hidden = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    return core.rlim_max == 0 && files.rlim_max == options->file_bytes &&
                   descriptors.rlim_cur == options->descriptors && hidden
               ? GOOD
               : BAD;
}

static void keeps_its_limits(void)
{
    SandboxOptions options = {.file_bytes = 4096, .descriptors = 32};
    g_assert_cmpint(run_inside(&options, look_at_limits, &options), ==, GOOD);
}

static int use_time(gpointer data)
{
    (void)data;
    volatile guint64 i = 0;
    while (i < G_MAXUINT64)
        i++;
    return GOOD;
}

static void ends_when_its_time_is_up(void)
{
    SandboxOptions options = {.cpu_s = 1};
    g_assert_cmpint(run_inside(&options, use_time, NULL), ==, 1);
}

/* ---- folders ---- */

typedef struct Folders {
    char *mine, *other;
} Folders;

static gboolean kernel_has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0L, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

static int try_to_open(const char *folder, const char *name, int flags)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0 ? 0 : errno;
}

static int open_files(gpointer data)
{
    const Folders *folders = data;
    if (try_to_open(folders->mine, "here", O_RDONLY) != 0 ||
        try_to_open(folders->mine, "new", O_WRONLY | O_CREAT) != 0)
        return BAD;
    return try_to_open(folders->other, "here", O_RDONLY) == EACCES &&
                   try_to_open(folders->other, "new", O_WRONLY | O_CREAT) == EACCES &&
                   try_to_open("/etc", "passwd", O_RDONLY) == EACCES
               ? GOOD
               : BAD;
}

static int open_read_only(gpointer data)
{
    const Folders *folders = data;
    return try_to_open(folders->mine, "here", O_RDONLY) == 0 &&
                   try_to_open(folders->mine, "here", O_WRONLY) == EACCES &&
                   try_to_open(folders->mine, "new", O_WRONLY | O_CREAT) == EACCES
               ? GOOD
               : BAD;
}

static char *make_folder(void)
{
    char *folder = g_dir_make_tmp("crosscut-sandbox-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_autofree char *path = g_build_filename(folder, "here", NULL);
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    return folder;
}

static void remove_folder(char *folder)
{
    const char *names[] = {"here", "new"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

static void opens_files_of_its_folders_only(void)
{
    if (!kernel_has_landlock()) {
        g_test_skip("this kernel has no Landlock");
        return;
    }
    Folders folders = {make_folder(), make_folder()};
    SandboxOptions writing = {.write = (const char *const[]){folders.mine, NULL}};
    SandboxOptions reading = {.read = (const char *const[]){folders.mine, "/nowhere", NULL}};
    g_assert_cmpint(run_inside(&reading, open_read_only, &folders), ==, GOOD);
    g_assert_cmpint(run_inside(&writing, open_files, &folders), ==, GOOD);
    remove_folder(folders.mine);
    remove_folder(folders.other);
}

/* ---- its parent ---- */

/* A process between the test and the sandboxed one: starts it, waits until it is inside, ends. */
static void be_the_parent(int told[2])
{
    SandboxOptions options = {.parent = getpid()};
    if (fork() == 0) {
        if (!sandbox_enter(&options, NULL) || write(told[1], "!", 1) != 1)
            _exit(NOT_INSIDE);
        for (;;)
            g_usleep(G_USEC_PER_SEC);
    }
    char byte;
    _exit(read(told[0], &byte, 1) == 1 ? GOOD : BAD);
}

static void dies_when_its_parent_dies(void)
{
    int told[2], status = 0;
    g_assert_cmpint(pipe(told), ==, 0);
    g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
    pid_t parent = fork();
    if (parent == 0)
        be_the_parent(told);
    g_assert_cmpint(waitpid(parent, &status, 0), ==, parent);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
    g_assert_cmpint(waitpid(-1, &status, 0), >, 0); /* the orphan came to us */
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(told[0]);
    close(told[1]);
}

static int be_there(gpointer data)
{
    (void)data;
    return GOOD;
}

static void does_not_begin_when_its_parent_has_gone(void)
{
    SandboxOptions options = {.parent = getpid() + 1};
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(run_inside(&options, be_there, NULL), ==, NOT_INSIDE);
    options.parent = getpid();
    g_assert_cmpint(run_inside(&options, be_there, NULL), ==, GOOD);
}

static void looking_at_the_kernel_gives_nothing_up(void)
{
    SandboxKernel kernel = sandbox_look();
    g_assert_true(kernel.has_calls); /* the tests above would not hold without */
    g_assert_cmpint(kernel.folders > 0, ==, kernel_has_landlock());
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/opens-no-socket", opens_no_socket);
    g_test_add_func("/sandbox/uses-the-sockets-it-was-given", uses_the_sockets_it_was_given);
    g_test_add_func("/sandbox/a-client-connects-and-does-not-listen",
                    a_client_connects_and_does_not_listen);
    g_test_add_func("/sandbox/runs-no-program", runs_no_program);
    g_test_add_func("/sandbox/makes-no-process", makes_no_process);
    g_test_add_func("/sandbox/touches-no-other-process-and-no-mount",
                    touches_no_other_process_and_no_mount);
    g_test_add_func("/sandbox/executes-no-memory", executes_no_memory);
    g_test_add_func("/sandbox/makes-threads", makes_threads);
    g_test_add_func("/sandbox/can-still-abort", can_still_abort);
    g_test_add_func("/sandbox/keeps-its-limits", keeps_its_limits);
    g_test_add_func("/sandbox/ends-when-its-time-is-up", ends_when_its_time_is_up);
    g_test_add_func("/sandbox/opens-files-of-its-folders-only", opens_files_of_its_folders_only);
    g_test_add_func("/sandbox/dies-when-its-parent-dies", dies_when_its_parent_dies);
    g_test_add_func("/sandbox/does-not-begin-when-its-parent-has-gone",
                    does_not_begin_when_its_parent_has_gone);
    g_test_add_func("/sandbox/looking-at-the-kernel-gives-nothing-up",
                    looking_at_the_kernel_gives_nothing_up);
    return g_test_run();
}
