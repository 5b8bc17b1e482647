/* How the program's log is written to standard error: one line each, plain or JSON. Lines have the
 * time, the level, the room and the message; those of HTTP calls also who, what and how long.
 * Threads: any. */
#pragma once
#include <glib.h>

typedef enum {
    SERVER_LOG_PLAIN = 1, /* <6> prefixes when journald reads them */
    SERVER_LOG_JSON,
} ServerLogFormat;

/* For the whole program, once, before threads are made (GLib allows no more). Debug messages are
 * written only where G_MESSAGES_DEBUG names their room, as usual. */
void server_log_install(ServerLogFormat format, gboolean is_quiet); /* quiet: no info */
/* One line, with its newline. Free with g_free(). */
char *server_log_line(ServerLogFormat format, gboolean is_journal, GLogLevelFlags level,
                      const GLogField *fields, gsize count);
