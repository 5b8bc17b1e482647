#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Often enough to look alive, seldom enough to cost nothing. */
#define TERMINAL_INTERVAL_US (100 * 1000)
#define JSON_INTERVAL_US     (500 * 1000)
enum { BAR_CELLS = 24, SECONDS_LEFT_MAX = 100 * 3600 };

struct CliReport {
    GMutex lock;
    gboolean json, quiet, terminal;
    gboolean line_open; /* a progress line is on the terminal */
    const char *stage;
    gint64 stage_start_us, last_us;
    GPtrArray *warnings; /* char *, owned */
};

CliReport *cli_report_new(const CliArguments *arguments)
{
    CliReport *self = g_new0(CliReport, 1);
    g_mutex_init(&self->lock);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    self->json = cli_flag(arguments, "json");
    self->quiet = cli_flag(arguments, "quiet");
    self->terminal = !self->json && !self->quiet && isatty(STDERR_FILENO);
    return self;
}

static void clear_line(CliReport *self)
{
    if (self->line_open)
        fputs("\r\033[K", stderr);
    self->line_open = FALSE;
}

void cli_report_free(CliReport *self)
{
    if (self == NULL)
        return;
    clear_line(self);
    g_mutex_clear(&self->lock);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

static void print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(value);
}

void cli_report_json(CliReport *self, json_t *value)
{
    g_mutex_lock(&self->lock);
    print_json(value);
    g_mutex_unlock(&self->lock);
}

gboolean cli_report_is_json(const CliReport *self)
{
    return self->json;
}

/* speed 0: not known yet, and neither is the time left. */
static void draw_line(CliReport *self, double percent, double speed, double left_s)
{
    char bar[BAR_CELLS + 1];
    int full = (int)(percent / 100 * BAR_CELLS);
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', (size_t)CLAMP(full, 0, BAR_CELLS));
    bar[BAR_CELLS] = '\0';
    int left = (int)CLAMP(left_s, 0, SECONDS_LEFT_MAX);
    fprintf(stderr, "\r\033[K%-8s [%s] %3.0f %%", self->stage, bar, percent);
    if (speed > 0)
        fprintf(stderr, "  %.1f× real time  %d:%02d left", speed, left / 60, left % 60);
    fflush(stderr);
    self->line_open = TRUE;
}

static void tell(CliReport *self, double done_s, double total_s, gint64 now_us)
{
    double elapsed_s = (double)(now_us - self->stage_start_us) / 1e6;
    double percent = CLAMP(100 * done_s / total_s, 0, 100);
    double speed = elapsed_s > 0.01 ? done_s / elapsed_s : 0;
    double left_s = speed > 0 ? (total_s - done_s) / speed : 0;
    if (self->terminal)
        draw_line(self, percent, speed, left_s);
    else if (self->json && speed > 0)
        print_json(json_pack("{s:s,s:f,s:f,s:f}", "stage", self->stage, "percent", percent, "speed",
                             speed, "left", left_s));
    else if (self->json)
        print_json(json_pack("{s:s,s:f}", "stage", self->stage, "percent", percent));
}

static void on_progress(const char *stage, double done_s, double total_s, gpointer data)
{
    CliReport *self = data;
    if ((!self->terminal && !self->json) || total_s <= 0)
        return;
    g_mutex_lock(&self->lock);
    gint64 now_us = g_get_monotonic_time();
    gboolean new_stage = g_strcmp0(stage, self->stage) != 0;
    if (new_stage) {
        self->stage = stage;
        self->stage_start_us = now_us;
    }
    gint64 interval_us = self->json ? JSON_INTERVAL_US : TERMINAL_INTERVAL_US;
    if (new_stage || now_us - self->last_us >= interval_us || done_s >= total_s) {
        self->last_us = now_us;
        tell(self, done_s, total_s, now_us);
    }
    g_mutex_unlock(&self->lock);
}

MediaProgress cli_report_progress(CliReport *self)
{
    return (MediaProgress){.func = on_progress, .data = self};
}

void cli_report_warning(CliReport *self, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_mutex_lock(&self->lock);
    clear_line(self);
    if (self->json)
        print_json(json_pack("{s:s}", "warning", message));
    else if (!self->quiet)
        fprintf(stderr, "crosscut: warning: %s\n", message);
    g_ptr_array_add(self->warnings, g_steal_pointer(&message));
    g_mutex_unlock(&self->lock);
}

void cli_report_note(CliReport *self, const char *format, ...)
{
    if (self->quiet || self->json)
        return;
    va_list values;
    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_mutex_lock(&self->lock);
    clear_line(self);
    fprintf(stderr, "%s\n", message);
    g_mutex_unlock(&self->lock);
}

void cli_report_file(CliReport *self, const char *path)
{
    g_mutex_lock(&self->lock);
    clear_line(self);
    if (self->json)
        print_json(json_pack("{s:s}", "file", path));
    else if (!self->quiet)
        puts(path);
    g_mutex_unlock(&self->lock);
}

json_t *cli_report_warnings(CliReport *self)
{
    json_t *list = json_array();
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->warnings->len; i++)
        json_array_append_new(list, json_string(self->warnings->pdata[i]));
    g_mutex_unlock(&self->lock);
    return list;
}
