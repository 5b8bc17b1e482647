/* A show's log as a whole: events.log (JSON Lines), events.json (an array in seq order, one event a
 * line), or {"events":[…]} (at most SHOW_FILE_BYTES_MAX). Which of the three is found by looking, not by
 * the file's name. */
#pragma once
#include <show/event.h>

typedef struct ShowLog {
    GPtrArray *events; /* ShowEvent *, owned; in the order of the file */
} ShowLog;

ShowLog *show_log_new(void);
void show_log_free(ShowLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowLog, show_log_free)

/* A last line that was cut short by a crash (no newline, not JSON) is left out with a g_warning:
 * it was never acknowledged. Any other bad line is an error. */
ShowLog *show_log_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
ShowLog *show_log_parse(const char *name, const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void show_log_take(ShowLog *log, ShowEvent *event);
/* Stable order for replay: (at, seq, place in the file). */
void show_log_sort(ShowLog *log);
/* Numbers the events 1 … n in their present order and gives each without one the id "e<seq>". */
void show_log_number(ShowLog *log);

/* The sources of the last `sources` or session_start event: new array of ShowSource * with free
 * function; empty when the log names none. */
GPtrArray *show_log_sources(const ShowLog *log, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* End of the latest recording or, without one, the latest event, ms on the session clock. */
gint64 show_log_end_ms(const ShowLog *log);

char *show_log_lines(const ShowLog *log); /* events.log */
char *show_log_array(const ShowLog *log); /* events.json */
