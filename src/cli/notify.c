/* sd_notify(3), the part that a service needs. A message that cannot be sent is not worth more than
 * a word in the log: the show goes on. */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean fill_address(struct sockaddr_un *address, socklen_t *length)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof address->sun_path)
        return FALSE;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path));
    if (path[0] == '@') /* abstract: a NUL, and no NUL at the end */
        address->sun_path[0] = '\0';
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    return TRUE;
}

void cli_notify(const char *state)
{
    struct sockaddr_un address;
    socklen_t length = 0;
    if (!fill_address(&address, &length))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                         (struct sockaddr *)&address, length) < 0)
        g_warning("systemd was not told %s: %s", state, g_strerror(errno));
    if (fd >= 0)
        close(fd);
}

static gboolean beat(gpointer data)
{
    (void)data;
    cli_notify("WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

GSource *cli_notify_watchdog(GMainContext *context)
{
    const char *usec = g_getenv("WATCHDOG_USEC");
    const char *pid = g_getenv("WATCHDOG_PID");
    guint64 limit_us = usec != NULL ? g_ascii_strtoull(usec, NULL, 10) : 0;
    if (limit_us == 0 || (pid != NULL && g_ascii_strtoll(pid, NULL, 10) != getpid()))
        return NULL;
    GSource *source = g_timeout_source_new((guint)CLAMP(limit_us / 3000, 10, 3600000));
    g_source_set_callback(source, beat, NULL, NULL);
    g_source_attach(source, context);
    return source;
}
