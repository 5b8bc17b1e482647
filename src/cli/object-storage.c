/* What the environment says of object storage is read here and nowhere else. */
#include "object-storage.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

/* The first that is set and not empty, or NULL. */
static const char *first_of(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = g_getenv(*names);
        if (value != NULL && *value != '\0')
            return value;
    }
    return NULL;
}

#define FIRST_OF(...) first_of((const char *const[]){__VA_ARGS__, NULL})

S3Client *cli_object_storage_new(const char *url, GError **error)
{
    g_autoptr(GError) why = NULL;
    const S3Options options = {
        .url = url,
        .endpoint = FIRST_OF("CROSSCUT_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        .region = FIRST_OF("CROSSCUT_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
        .key_id = FIRST_OF("AWS_ACCESS_KEY_ID"),
        .secret = FIRST_OF("AWS_SECRET_ACCESS_KEY"),
        .session_token = FIRST_OF("AWS_SESSION_TOKEN"),
    };
    S3Client *client = s3_client_new(&options, &why);
    if (client == NULL)
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "object storage: %s (credentials come from AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY)",
                    why->message);
    return client;
}

void cli_forget_secrets(void)
{
    static const char *const names[] = {
        "CROSSCUT_ADMIN_TOKEN",  "CROSSCUT_SECRET_KEY", "CROSSCUT_LIVEKIT_SECRET", "CROSSCUT_REDIS",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",   "AWS_ACCESS_KEY_ID"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        char *value = getenv(names[i]);
        if (value != NULL)
            explicit_bzero(value, strlen(value));
        unsetenv(names[i]);
    }
}
