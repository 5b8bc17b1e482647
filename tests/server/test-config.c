/* Options: as people write them, where they come from, and what stops a start. */
#include "config-private.h"

#include <glib/gstdio.h>
#include <string.h>

static ServerConfig *config_of(const char *env, const char *const *environment, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("crosscut-config-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, ".env", NULL);
    if (env != NULL)
        g_assert_true(g_file_set_contents(path, env, -1, NULL));
    ServerConfig *config = server_config_new(path, environment, error);
    g_unlink(path);
    g_rmdir(folder);
    return config;
}

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_durations(void)
{
    static const struct {
        const char *text;
        gint64 ms; /* -1: refused */
    } cases[] = {
        {"500ms", 500},
        {"90s", 90000},
        {"15m", 900000},
        {"15min", 900000},
        {"12h", 43200000},
        {"30d", G_GINT64_CONSTANT(2592000000)},
        {"2w", 1209600000},
        {"1.5h", 5400000},
        {"0", 0},
        {"7", 7000},
        {"", -1},
        {"s", -1},
        {"-1s", -1},
        {"+1s", -1},
        {"1 s", -1},
        {"1.s", -1},
        {".5s", -1},
        {"1.2.3s", -1},
        {"1e3s", -1},
        {"0x10", -1},
        {"1S", -1},
        {"1y", -1},
        {"1.0000s", -1},
        {"999999999999999d", -1},
        {"9999999999999999s", -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 ms = -1;
        gboolean is_read = server_parse_duration(cases[i].text, 1000, &ms);
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(is_read, ==, cases[i].ms >= 0);
        if (is_read)
            g_assert_cmpint(ms, ==, cases[i].ms);
    }
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        gint64 bytes; /* -1: refused */
    } cases[] = {
        {"4096", 4096},
        {"1kB", 1000},
        {"1KiB", 1024},
        {"64MiB", 64 << 20},
        {"1.5GB", 1500000000},
        {"2GiB", G_GINT64_CONSTANT(2) << 30},
        {"1TiB", G_GINT64_CONSTANT(1) << 40},
        {"0", 0},
        {"1gib", -1},
        {"1G", -1},
        {"", -1},
        {"MiB", -1},
        {"-1", -1},
        {"99999999999999TiB", -1},
        {"1MiB ", -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 bytes = -1;
        gboolean is_read = server_parse_size(cases[i].text, &bytes);
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(is_read, ==, cases[i].bytes >= 0);
        if (is_read)
            g_assert_cmpint(bytes, ==, cases[i].bytes);
    }
}

static void test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config = config_of(NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(config->listen, ==, "127.0.0.1:8080");
    g_assert_cmpstr(config->storage, ==, "storage");
    g_assert_null(config->admin_token);
    g_assert_cmpint(config->reserve_bytes, ==, 64 << 20);
    g_assert_cmpint(config->low_bytes, ==, 1 << 30);
    g_assert_cmpint(config->trash_s, ==, 7 * 86400);
    g_assert_cmpint(config->keep_iso_s, ==, 0);
    g_assert_cmpuint(config->ping_interval_ms, ==, 25000);
    g_assert_cmpuint(config->events_per_s, ==, 60);
    g_assert_false(config->log_json);
    g_assert_true(server_config_check(config, &error));
    g_assert_no_error(error);
}

static void test_order(void)
{
    static const char *const environment[] = {"CROSSCUT_TRASH=2d", "CROSSCUT_QUOTA=", "HOME=/",
                                              NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config = config_of(
        "CROSSCUT_TRASH=1d\nCROSSCUT_KEEP_ISO=30d\nCROSSCUT_QUOTA=1GiB\n", environment, &error);
    g_assert_no_error(error);
    g_assert_cmpint(config->trash_s, ==, 2 * 86400);
    g_assert_cmpint(config->keep_iso_s, ==, 30 * 86400);
    g_assert_cmpint(config->quota_bytes, ==, 1 << 30);
    g_assert_true(server_config_set(config, "trash", "3d", &error));
    g_assert_cmpint(config->trash_s, ==, 3 * 86400);
}

static void test_env_form(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config =
        config_of("# a comment\r\n"
                  "\n"
                  "OTHER=belongs to somebody else\n"
                  "export CROSSCUT_STORAGE='/srv/my shows'  # here\n"
                  "CROSSCUT_ORIGINS=\"https://a.example, https://b.example\"\n"
                  "CROSSCUT_LISTEN=127.0.0.1:9000 # a port\n"
                  "CROSSCUT_SAMPLE_SHOW=\"a\\\"b\\$c\"\n"
                  "CROSSCUT_LOG_FORMAT=json",
                  NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(config->storage, ==, "/srv/my shows");
    g_assert_cmpstr(config->origins[0], ==, "https://a.example");
    g_assert_cmpstr(config->origins[1], ==, "https://b.example");
    g_assert_null(config->origins[2]);
    g_assert_cmpstr(config->listen, ==, "127.0.0.1:9000");
    g_assert_cmpstr(config->sample_show, ==, "a\"b$c");
    g_assert_true(config->log_json);
}

static void test_bad_env(void)
{
    static const char *const cases[][2] = {
        {"CROSSCUT_TRASH=soon\n", "line 1: CROSSCUT_TRASH: expected a duration"},
        {"\n\nCROSSCUT_TRAHS=1d\n", "line 3: there is no setting CROSSCUT_TRAHS"},
        {"CROSSCUT_TRASH\n", "line 1: expected NAME=VALUE"},
        {"=1\n", "line 1: expected NAME=VALUE"},
        {"CROSSCUT_STORAGE='a\n", "line 1: a quote is not closed"},
        {"CROSSCUT_STORAGE=\"a\\", "line 1: a quote is not closed"},
        {"CROSSCUT_STORAGE=\"\\x41\"\n", "line 1: after a backslash"},
        {"CROSSCUT_STORAGE='a' b\n", "line 1: something follows"},
        {"CROSSCUT_STORAGE=a'b'\n", "line 1: a value with quotes"},
        {"CROSSCUT_STORAGE=\xff\n", "expected UTF-8"},
        {"crosscut_trash=1d\nCROSSCUT_Trash=1d\n", "line 2: there is no setting CROSSCUT_Trash"},
        {"CROSSCUT_SHOWS=0\n", "line 1: CROSSCUT_SHOWS: expected a whole number"},
        {"CROSSCUT_SHOWS=1.5\n", "line 1: CROSSCUT_SHOWS: expected a whole number"},
        {"CROSSCUT_INSECURE_HTTP=maybe\n", "line 1: CROSSCUT_INSECURE_HTTP: expected 1 or 0"},
        {"CROSSCUT_LOG_FORMAT=xml\n", "expected plain or json"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(config_of(cases[i][0], NULL, &error));
        g_assert_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i][1]));
    }
}

static void test_no_secret_in_messages(void)
{
    static const char *const environment[] = {"CROSSCUT_ADMIN_TOKEN=short-secret", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config = config_of(NULL, environment, &error);
    g_assert_no_error(error);
    g_autofree char *printed = server_config_print(config);
    g_assert_null(strstr(printed, "short-secret"));
    g_assert_nonnull(strstr(printed, "# CROSSCUT_ADMIN_TOKEN=set\n"));
    g_assert_false(server_config_check(config, &error));
    g_assert_null(strstr(error->message, "short-secret"));
}

static void test_printed_is_read_again(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config =
        config_of("CROSSCUT_KEEP_SHOW=36h\nCROSSCUT_QUOTA=1500001\nCROSSCUT_ORIGINS=https://a.b\n",
                  NULL, &error);
    g_assert_no_error(error);
    g_autofree char *printed = server_config_print(config);
    g_autoptr(ServerConfig) again = config_of(printed, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *second = server_config_print(again);
    g_assert_cmpstr(printed, ==, second);
    g_assert_cmpint(again->keep_show_s, ==, 36 * 3600);
    g_assert_cmpint(again->quota_bytes, ==, 1500001);
}

/* What is refused at start: options, then the beginning of the message; NULL: it starts. */
static void test_start(void)
{
    static const struct {
        const char *env, *message;
    } cases[] = {
        {"CROSSCUT_LISTEN=0.0.0.0:8080", "--listen: others reach 0.0.0.0:8080"},
        {"CROSSCUT_LISTEN=[::]:8080", "--listen: others reach"},
        {"CROSSCUT_LISTEN=192.168.1.5:80", "--listen: others reach"},
        {"CROSSCUT_LISTEN=[::1]:8080", NULL},
        {"CROSSCUT_LISTEN=127.0.0.9:0", NULL},
        {"CROSSCUT_LISTEN=localhost:8080", "--listen: expected an address in numbers"},
        {"CROSSCUT_LISTEN=8080", "--listen: expected an address in numbers"},
        {"CROSSCUT_LISTEN=127.0.0.1", "--listen: expected an address in numbers"},
        {"CROSSCUT_LISTEN=127.0.0.1:99999", "--listen: expected an address in numbers"},
        {"CROSSCUT_LISTEN=::1:80", "--listen: expected an address in numbers"},
        {"CROSSCUT_LISTEN=0.0.0.0:80\nCROSSCUT_PUBLIC_URL=https://studio.example", NULL},
        {"CROSSCUT_LISTEN=0.0.0.0:80\nCROSSCUT_PUBLIC_URL=http://studio.example",
         "--public-url: http://studio.example has no TLS"},
        {"CROSSCUT_LISTEN=0.0.0.0:80\nCROSSCUT_PUBLIC_URL=http://studio.example\n"
         "CROSSCUT_INSECURE_HTTP=1",
         NULL},
        {"CROSSCUT_PUBLIC_URL=http://studio.example", "--public-url: http://studio.example has no"},
        {"CROSSCUT_PUBLIC_URL=http://localhost:8080", NULL},
        {"CROSSCUT_PUBLIC_URL=https://studio.example/studio", "--public-url: expected an address"},
        {"CROSSCUT_PUBLIC_URL=https://me:secret@studio.example", "--public-url: expected"},
        {"CROSSCUT_PUBLIC_URL=ftp://studio.example", "--public-url: expected"},
        {"CROSSCUT_PUBLIC_URL=studio.example", "--public-url: expected"},
        {"CROSSCUT_PUBLIC_URL=\"https://studio.example'x\"", "--public-url: expected"},
        {"CROSSCUT_ORIGINS=*", "--origins: expected addresses"},
        {"CROSSCUT_ORIGINS=null", "--origins: expected addresses"},
        {"CROSSCUT_TRUSTED_PROXIES=everybody", "--trusted-proxies: expected"},
        {"CROSSCUT_TRUSTED_PROXIES=10.0.0.0/8, ::1", NULL},
        {"CROSSCUT_UPLOAD_CHUNK=2MiB\nCROSSCUT_UPLOAD_FLIGHT=1MiB", "--upload-chunk: more than"},
        {"CROSSCUT_ADMIN_TOKEN=hunter2", "--admin-token: this token will not do: it has less"},
        {"CROSSCUT_ADMIN_TOKEN=aaaaaaaaaaaaaaaaaaaaaaaa", "--admin-token: this token will not do"},
        {"CROSSCUT_ADMIN_TOKEN=changemechangeme", "--admin-token: this token will not do"},
        {"CROSSCUT_ADMIN_TOKEN='with blanks in it, yes'", "--admin-token: this token will not do"},
        {"CROSSCUT_ADMIN_TOKEN=g1.abcdefghijklmnop", "--admin-token: this token will not do"},
        {"CROSSCUT_ADMIN_TOKEN=kV7f_c0-Qm3xWz81Lh", NULL},
        {"CROSSCUT_ADMIN_TOKEN=kV7f_c0-Qm3xWz81Lh\nCROSSCUT_ADMIN_TOKEN_FILE=/x",
         "--admin-token-file: CROSSCUT_ADMIN_TOKEN is set too"},
        {"CROSSCUT_ADMIN_TOKEN_FILE=/does/not/exist", "--admin-token-file: /does/not/exist"},
        {"CROSSCUT_ADMIN_TOKEN_FILE=/dev/zero", "--admin-token-file: /dev/zero"},
        {"CROSSCUT_SECRET_KEY=hunter2", "--secret-key: expected 64 hexadecimal digits"},
        {"CROSSCUT_SECRET_KEY=" KEY, NULL},
        {"CROSSCUT_SECRET_KEY=" KEY "\nCROSSCUT_SECRET_KEY_FILE=/x",
         "--secret-key-file: CROSSCUT_SECRET_KEY is set too"},
        {"CROSSCUT_SECRET_KEY_FILE=/does/not/exist", "--secret-key-file: /does/not/exist"},
        {"CROSSCUT_SECRET_KEY_FILE=/dev/zero", "--secret-key-file: /dev/zero"},
        {"CROSSCUT_SAMPLE_SHOW=/does/not/exist", "--sample-show: /does/not/exist"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ServerConfig) config = config_of(cases[i].env, NULL, &error);
        g_assert_no_error(error);
        gboolean is_good = server_config_check(config, &error);
        g_test_message("%s: %s", cases[i].env, error != NULL ? error->message : "starts");
        g_assert_cmpint(is_good, ==, cases[i].message == NULL);
        if (!is_good)
            g_assert_true(g_str_has_prefix(error->message, cases[i].message));
    }
}

static void test_normal_form(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config = config_of(
        "CROSSCUT_PUBLIC_URL=https://Studio.Example:443/\nCROSSCUT_ORIGINS=http://[::1]:80/", NULL,
        &error);
    g_assert_true(server_config_check(config, &error));
    g_assert_cmpstr(config->public_url, ==, "https://studio.example");
    g_assert_cmpstr(config->origins[0], ==, "http://[::1]");
}

static void test_token_file(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("crosscut-token-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents_full(path, "  kV7f_c0-Qm3xWz81Lh\n", -1, 0, 0600, NULL));
    g_autoptr(ServerConfig) config = config_of(NULL, NULL, NULL);
    g_assert_true(server_config_set(config, "admin-token-file", path, &error));
    g_assert_true(server_config_check(config, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(config->admin_token, ==, "kV7f_c0-Qm3xWz81Lh");
    g_unlink(path);
}

static void test_table(void)
{
    guint count = 0, secrets = 0;
    for (const ServerOption *option = NULL; (option = server_config_option(count)) != NULL;
         count++) {
        g_assert_cmpuint(strlen(option->name), >, 0);
        g_assert_cmpuint(strlen(option->help), >, 10);
        secrets += option->is_secret;
        for (guint i = 0; i < count; i++)
            g_assert_cmpstr(option->name, !=, server_config_option(i)->name);
    }
    g_assert_cmpuint(count, >, 20);
    g_assert_cmpuint(secrets, ==, 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/config/durations-are-read-as-people-write-them", test_durations);
    g_test_add_func("/server/config/sizes-are-read-as-people-write-them", test_sizes);
    g_test_add_func("/server/config/defaults-start", test_defaults);
    g_test_add_func("/server/config/flags-win-over-variables-over-env", test_order);
    g_test_add_func("/server/config/env-is-read-as-shells-do", test_env_form);
    g_test_add_func("/server/config/bad-env-names-the-line", test_bad_env);
    g_test_add_func("/s08/server/config/no-secret-in-messages", test_no_secret_in_messages);
    g_test_add_func("/server/config/what-is-printed-is-read-again", test_printed_is_read_again);
    g_test_add_func("/s11/server/config/what-is-unsafe-does-not-start", test_start);
    g_test_add_func("/server/config/addresses-have-one-form", test_normal_form);
    g_test_add_func("/server/config/token-comes-from-a-file", test_token_file);
    g_test_add_func("/server/config/each-option-is-there-once", test_table);
    return g_test_run();
}
