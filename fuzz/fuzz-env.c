/* The text of a .env, and the options in it: read, checked, printed and read again. */
#include <server/config.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Files that the text names would be opened by the check: only what needs none is checked. */
static void check(ServerConfig *config)
{
    g_autoptr(GError) error = NULL;
    if (server_config_set(config, "admin-token-file", "", NULL) &&
        server_config_set(config, "sample-show", "", NULL) && !server_config_check(config, &error))
        g_assert(error != NULL && error->message[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServerConfig) config = server_config_new(NULL, NULL, NULL);
    if (!server_config_read(config, (const char *)bytes, length, &error)) {
        g_assert(error->domain == SERVER_ERROR && g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    /* A long value with everything escaped is longer printed than a file may be. */
    if (length > 16384)
        return 0;
    check(config);
    g_autofree char *printed = server_config_print(config);
    g_assert(config->admin_token == NULL || strlen(config->admin_token) < 8 ||
             strstr(printed, "CROSSCUT_ADMIN_TOKEN=set") != NULL);
    g_autoptr(ServerConfig) again = server_config_new(NULL, NULL, NULL);
    g_assert(server_config_read(again, printed, strlen(printed), &error));
    g_clear_pointer(&config->admin_token, g_free); /* the one thing that is not printed */
    g_autofree char *first = server_config_print(config);
    g_autofree char *second = server_config_print(again);
    g_assert(strcmp(first, second) == 0);
    return 0;
}
