/* The order of things: who it dies with, what it may take, what it may touch, what it may ask. */
#include <sandbox/sandbox.h>

#include "parts-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

G_DEFINE_QUARK(crosscut - sandbox - error - quark, sandbox_error)

/* After the limit there are some seconds to say so before the kernel kills. */
#define CPU_GRACE_S 5

#if defined(__SANITIZE_ADDRESS__)
#define SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOW_MEMORY 1
#endif
#endif

static gboolean fail(GError **error, const char *doing)
{
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED, "the sandbox cannot %s: %s", doing,
                g_strerror(errno));
    return FALSE;
}

/* The parent may have gone before the kernel was told: then nobody sends the signal. */
static gboolean bind_to_parent(pid_t parent, GError **error)
{
    if (parent == 0)
        return TRUE;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return fail(error, "be bound to its parent");
    if (getppid() == parent)
        return TRUE;
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_ORPHAN,
                "process %d, which started this one, has gone; start it again", (int)parent);
    return FALSE;
}

static gboolean lower_limit(int resource, guint64 soft, guint64 hard)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0)
        return FALSE;
    limit.rlim_cur = MIN(limit.rlim_cur, (rlim_t)soft);
    limit.rlim_max = MIN(limit.rlim_max, (rlim_t)hard);
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static void say_that_time_is_up(int number)
{
    static const char text[] =
        "crosscut: it took more time of the processor than such a file may take\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written; /* there is nobody left to tell */
    _exit(1);
}

static gboolean set_limits(const SandboxOptions *options, GError **error)
{
    const struct {
        int resource;
        guint64 value, hard;
    } limits[] = {
        {RLIMIT_CPU, options->cpu_s, options->cpu_s + CPU_GRACE_S},
#ifndef SHADOW_MEMORY
        {RLIMIT_AS, options->memory_bytes, options->memory_bytes},
#endif
        {RLIMIT_FSIZE, options->file_bytes, options->file_bytes},
        {RLIMIT_NOFILE, options->descriptors, options->descriptors},
    };
    struct sigaction action = {.sa_handler = say_that_time_is_up};
    if (options->cpu_s > 0 && sigaction(SIGXCPU, &action, NULL) != 0)
        return fail(error, "watch its time");
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
        if (limits[i].value > 0 &&
            !lower_limit(limits[i].resource, limits[i].value, limits[i].hard))
            return fail(error, "set its limits");
    return lower_limit(RLIMIT_CORE, 0, 0) || fail(error, "turn core files off");
}

gboolean sandbox_enter(const SandboxOptions *options, GError **error)
{
    if (!bind_to_parent(options->parent, error) || !set_limits(options, error))
        return FALSE;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "give up privileges");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(error, "hide its memory");
    return sandbox_confine_folders(options, error) &&
           sandbox_confine_calls(options->network, error);
}

SandboxKernel sandbox_look(void)
{
    return (SandboxKernel){.has_calls = sandbox_calls_can_be_denied(),
                           .folders = sandbox_folders_version()};
}
