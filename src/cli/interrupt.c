#include "interrupt.h"

#include "error.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void watched_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

static gpointer wait_for_signals(gpointer data)
{
    GCancellable *cancellable = data;
    sigset_t set;
    watched_signals(&set);
    for (;;) {
        int number = 0;
        if (sigwait(&set, &number) != 0)
            continue;
        if (g_cancellable_is_cancelled(cancellable))
            _exit(CLI_EXIT_INTERRUPTED);
        g_cancellable_cancel(cancellable);
    }
    return NULL;
}

void cli_interrupt_watch(GCancellable *cancellable)
{
    /* Blocked here, so in every thread made later: only the watcher takes them. */
    sigset_t set;
    watched_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    g_thread_unref(g_thread_new("interrupt", wait_for_signals, g_object_ref(cancellable)));
    /* A full disk under RLIMIT_FSIZE or a closed pipe is an error to report, not to die of. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}
