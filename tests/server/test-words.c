/* Small things that are read by machines: metrics, log lines, refusals. */
#include "metrics-private.h"
#include <http/error.h>
#include <server/error.h>
#include <server/log.h>
#include <show/error.h>
#include <store/error.h>

#include <jansson.h>
#include <string.h>

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        g_error("no \"%s\" in:\n%s", part, text);
}

static void test_metrics(void)
{
    ServerMetrics *metrics = server_metrics_new();
    server_metrics_answered(metrics, 200);
    server_metrics_answered(metrics, 204);
    server_metrics_answered(metrics, 404);
    server_metrics_answered(metrics, 999);
    server_metrics_add(metrics, SERVER_METRIC_EVENTS, 3);
    server_metrics_set(metrics, SERVER_METRIC_SHOWS, 2);
    server_metrics_decided(metrics, 200);
    server_metrics_decided(metrics, 3000);
    server_metrics_decided(metrics, 9000000);
    g_autofree char *text = server_metrics_text(metrics);
    assert_has(text, "# TYPE crosscut_http_requests_total counter\n"
                     "crosscut_http_requests_total{status=\"1xx\"} 0\n"
                     "crosscut_http_requests_total{status=\"2xx\"} 2\n");
    assert_has(text, "{status=\"4xx\"} 1\n");
    assert_has(text, "\ncrosscut_events_total 3\n");
    assert_has(text, "\ncrosscut_shows 2\n");
    assert_has(text, "_bucket{le=\"0.000250\"} 1\n");
    assert_has(text, "_bucket{le=\"0.005000\"} 2\n");
    assert_has(text, "_bucket{le=\"1.000000\"} 2\n");
    assert_has(text, "_bucket{le=\"+Inf\"} 3\ncrosscut_switch_seconds_sum 9.003200\n"
                     "crosscut_switch_seconds_count 3\n");
    server_metrics_free(metrics);
}

static void test_log(void)
{
    const GLogField fields[] = {{"GLIB_DOMAIN", "server", -1},
                                {"MESSAGE", "one\nline \"q\" \xff", -1},
                                {"CROSSCUT_PATH", "/a\x1b[31m", -1},
                                {"CODE_FILE", "x.c", -1}};
    g_autofree char *json =
        server_log_line(SERVER_LOG_JSON, FALSE, G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields));
    json_t *line = json_loads(json, 0, NULL);
    g_assert_nonnull(line);
    g_assert_cmpstr(json_string_value(json_object_get(line, "level")), ==, "info");
    g_assert_cmpstr(json_string_value(json_object_get(line, "room")), ==, "server");
    g_assert_cmpstr(json_string_value(json_object_get(line, "path")), ==, "/a\x1b[31m");
    g_assert_null(json_object_get(line, "code_file"));
    g_assert_true(strchr(json, '\n') == json + strlen(json) - 1);
    json_decref(line);
    g_autofree char *plain =
        server_log_line(SERVER_LOG_PLAIN, FALSE, G_LOG_LEVEL_WARNING, fields, 3);
    g_assert_true(strchr(plain, '\n') == plain + strlen(plain) - 1);
    assert_has(plain, "warning server: one\\x0aline");
    assert_has(plain, " path=/a\\x1b[31m\n");
    g_autofree char *journal =
        server_log_line(SERVER_LOG_PLAIN, TRUE, G_LOG_LEVEL_WARNING, fields, 3);
    g_assert_true(g_str_has_prefix(journal, "<4>warning server: "));
}

static void test_errors(void)
{
    const struct {
        GQuark domain;
        int code;
        guint status;
        const char *name;
    } cases[] = {
        {SERVER_ERROR, SERVER_ERROR_INVALID, 400, "invalid"},
        {SERVER_ERROR, SERVER_ERROR_UNAUTHORISED, 401, "unauthorised"},
        {SERVER_ERROR, SERVER_ERROR_FORBIDDEN, 403, "forbidden"},
        {SERVER_ERROR, SERVER_ERROR_STOPPED, 409, "stopped"},
        {SERVER_ERROR, SERVER_ERROR_CHECKSUM, 460, "checksum_mismatch"},
        {SERVER_ERROR, SERVER_ERROR_RATE, 429, "rate_limited"},
        {SERVER_ERROR, SERVER_ERROR_FULL, 507, "no_room"},
        {SERVER_ERROR, 12345, 500, "failed"},
        {STORE_ERROR, STORE_ERROR_GONE, 404, "not_found"},
        {STORE_ERROR, STORE_ERROR_OFFSET, 409, "conflict"},
        {STORE_ERROR, STORE_ERROR_QUOTA, 507, "no_room"},
        {STORE_ERROR, STORE_ERROR_BUSY, 503, "busy"},
        {STORE_ERROR, STORE_ERROR_FAILED, 500, "failed"},
        {SHOW_ERROR, SHOW_ERROR_INVALID, 400, "invalid"},
        {HTTP_ERROR, HTTP_ERROR_TOO_LARGE, 413, "too_large"},
        {G_FILE_ERROR, G_FILE_ERROR_NOENT, 500, "failed"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(cases[i].domain, cases[i].code, "x");
        g_assert_cmpuint(server_error_status(error), ==, cases[i].status);
        g_assert_cmpstr(server_error_code(error), ==, cases[i].name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/metrics/are-what-prometheus-reads", test_metrics);
    g_test_add_func("/server/log/one-call-is-one-line", test_log);
    g_test_add_func("/server/error/each-code-has-its-status", test_errors);
    return g_test_run();
}
