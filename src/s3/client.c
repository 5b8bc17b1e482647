/* Making clients, and addresses that carry their own signature. */
#include "client-private.h"

#include "sign-private.h"

#include <curl/curl.h>
#include <string.h>

enum { PRESIGN_S_MAX = 604800, PAUSE_MS_MAX = 60000, STALL_S_MAX = 3600, ATTEMPTS_MAX = 20 };

static const gint64 part_bytes_least = G_GINT64_CONSTANT(5) << 20;
static const gint64 part_bytes_most = G_GINT64_CONSTANT(5) << 30;

static gboolean refuse(GError **error, const char *problem)
{
    g_set_error_literal(error, S3_ERROR, S3_ERROR_INVALID, problem);
    return FALSE;
}

static gboolean is_printable(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!g_ascii_isgraph(*c))
            return FALSE;
    return *text != '\0';
}

/* Never with what was found: these are secrets. */
static gboolean check_credentials(const S3Options *options, GError **error)
{
    if (options->key_id == NULL || !is_printable(options->key_id) ||
        strchr(options->key_id, '/') != NULL)
        return refuse(error, "the access key's id is missing, or has characters that none has");
    if (options->secret == NULL || !is_printable(options->secret))
        return refuse(error, "the secret access key is missing, or has characters that none has");
    if (options->session_token != NULL && !is_printable(options->session_token))
        return refuse(error, "the session token has characters that none has");
    return TRUE;
}

static gboolean check_numbers(const S3Options *options, GError **error)
{
    gint64 part = options->part_bytes;
    if (part != 0 && (part < part_bytes_least || part > part_bytes_most))
        return refuse(error, "part_bytes: expected 5 MiB to 5 GiB");
    if (options->attempts > ATTEMPTS_MAX || options->pause_ms > PAUSE_MS_MAX ||
        options->stall_s > STALL_S_MAX || options->send_bytes_per_s < 0)
        return refuse(error, "attempts, pauses or rates are beyond their limits");
    return TRUE;
}

static void set_numbers(S3Client *client, const S3Options *options)
{
    client->attempts = options->attempts != 0 ? options->attempts : 6;
    client->pause_ms = options->pause_ms != 0 ? options->pause_ms : 250;
    client->stall_s = options->stall_s != 0 ? options->stall_s : 30;
    client->part_bytes = options->part_bytes != 0 ? options->part_bytes : 8 << 20;
    client->send_bytes_per_s = options->send_bytes_per_s;
}

static void free_handle(gpointer handle)
{
    curl_easy_cleanup(handle);
}

S3Client *s3_client_new(const S3Options *options, GError **error)
{
    if (!check_credentials(options, error) || !check_numbers(options, error))
        return NULL;
    /* libcurl counts these, under a lock of its own. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        g_set_error_literal(error, S3_ERROR, S3_ERROR_FAILED, "libcurl cannot be set up");
        return NULL;
    }
    g_autoptr(S3Client) client = g_new0(S3Client, 1);
    client->idle = g_async_queue_new_full(free_handle);
    if (!s3_place_init(&client->place, options, error))
        return NULL;
    client->url = g_strdup_printf("s3://%s/%s", client->place.bucket, client->place.prefix);
    client->url[strlen(client->url) - 1] = '\0'; /* its slash */
    client->region = g_strdup(options->region != NULL ? options->region : "us-east-1");
    client->key_id = g_strdup(options->key_id);
    client->secret = g_strdup(options->secret);
    client->session_token = g_strdup(options->session_token);
    set_numbers(client, options);
    return g_steal_pointer(&client);
}

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void s3_client_free(S3Client *client)
{
    if (client == NULL)
        return;
    g_async_queue_unref(client->idle);
    s3_place_clear(&client->place);
    g_free(client->url);
    g_free(client->region);
    g_free(client->key_id);
    wipe(client->secret);
    wipe(client->session_token);
    g_free(client);
    curl_global_cleanup();
}

const char *s3_client_url(const S3Client *client)
{
    return client->url;
}

/* ---- addresses that carry their signature ---- */

static gboolean is_presigned_method(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "HEAD") == 0;
}

static gboolean add_disposition(GArray *query, const char *name, GError **error)
{
    if (name == NULL)
        return TRUE;
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isprint(*c) || strchr("\"\\", *c) != NULL)
            return refuse(error, "the name for a download has characters that cannot stand there");
    g_autofree char *value = g_strdup_printf("attachment; filename=\"%s\"", name);
    s3_pairs_add(query, "response-content-disposition", value);
    return TRUE;
}

char *s3_presign(const S3Client *client, const char *method, const char *key, guint seconds,
                 const char *download_name, GError **error)
{
    g_autofree char *whole = s3_place_key(&client->place, key, error);
    g_autoptr(GArray) query = s3_pairs_new(), headers = s3_pairs_new();
    if (whole == NULL || !add_disposition(query, download_name, error))
        return NULL;
    if (!is_presigned_method(method) || seconds < 1 || seconds > PRESIGN_S_MAX) {
        refuse(error, "presigning: expected GET, PUT or HEAD for 1 to 604800 seconds");
        return NULL;
    }
    s3_pairs_add(headers, "host", client->place.host);
    g_autofree char *encoded = s3_encode(whole, "/");
    g_autofree char *path = g_strconcat(client->place.path, encoded, NULL);
    const S3Signing signing = {
        .key_id = client->key_id,
        .secret = client->secret,
        .region = client->region,
        .service = "s3",
        .time_s = g_get_real_time() / G_USEC_PER_SEC,
        .method = method,
        .path = path,
        .query = query,
        .headers = headers,
        .payload_hash = "UNSIGNED-PAYLOAD",
    };
    g_autofree char *signature = s3_sign_query(&signing, seconds, client->session_token);
    return g_strdup_printf("%s://%s%s?%s", client->place.scheme, client->place.host, path,
                           signature);
}
