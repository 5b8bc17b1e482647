/* s3-call WHAT [ARGUMENT…]: one call of the room, for tests: the address of the bucket and the rest
 * come from variables (S3_URL, S3_ENDPOINT, S3_KEY, S3_SECRET, …). Prints what came of it; a failure
 * is "error CODE message" and status 1. */
#include <s3/s3.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static guint number(const char *name)
{
    const char *text = g_getenv(name);
    return text != NULL ? (guint)strtoul(text, NULL, 10) : 0;
}

static S3Client *client_new(GError **error)
{
    S3Options options = {
        .url = g_getenv("S3_URL"),
        .endpoint = g_getenv("S3_ENDPOINT"),
        .region = g_getenv("S3_REGION"),
        .key_id = g_getenv("S3_KEY"),
        .secret = g_getenv("S3_SECRET"),
        .session_token = g_getenv("S3_TOKEN"),
        .attempts = number("S3_ATTEMPTS"),
        .pause_ms = number("S3_PAUSE_MS"),
        .stall_s = number("S3_STALL_S"),
        .part_bytes = (gint64)number("S3_PART_MIB") << 20,
        .send_bytes_per_s = number("S3_RATE"),
    };
    return s3_client_new(&options, error);
}

static void show_progress(gint64 done, gint64 total, gpointer data)
{
    gint64 *most = data;
    g_assert_cmpint(done, <=, total);
    *most = MAX(*most, done);
}

static gboolean print_object(const S3Object *object, gpointer data, GError **error)
{
    (void)data, (void)error;
    printf("%s %" G_GINT64_FORMAT "\n", object->key, object->bytes);
    return TRUE;
}

static gboolean transfer(S3Client *client, char **words, gboolean is_put, GCancellable *cancellable,
                         GError **error)
{
    gint64 most = 0;
    S3Transfer how = {
        .sha256 = words[2] != NULL ? words[2] : NULL, .progress = show_progress, .data = &most};
    gboolean is_good = is_put ? s3_put_file(client, words[0], words[1], &how, cancellable, error)
                              : s3_get_file(client, words[0], words[1], &how, cancellable, error);
    if (is_good)
        printf("progress %" G_GINT64_FORMAT "\n", most);
    return is_good;
}

static gboolean put_text(S3Client *client, char **words, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new(words[1], strlen(words[1]));
    return s3_put_bytes(client, words[0], bytes, NULL, NULL, error);
}

static gboolean get_text(S3Client *client, char **words, GError **error)
{
    g_autoptr(GBytes) bytes = s3_get_bytes(
        client, words[0], words[1] != NULL ? (gsize)atoi(words[1]) : 1000, NULL, error);
    if (bytes != NULL)
        printf("%.*s\n", (int)g_bytes_get_size(bytes), (const char *)g_bytes_get_data(bytes, NULL));
    return bytes != NULL;
}

static gboolean head(S3Client *client, char **words, GError **error)
{
    g_autoptr(S3Object) object = s3_head(client, words[0], NULL, error);
    if (object != NULL)
        printf("%" G_GINT64_FORMAT " %s %s\n", object->bytes, object->etag,
               object->sha256 != NULL ? object->sha256 : "-");
    return object != NULL;
}

static gboolean presign(S3Client *client, char **words, GError **error)
{
    g_autofree char *url =
        s3_presign(client, words[0], words[1], (guint)atoi(words[2]), words[3], error);
    if (url != NULL)
        printf("%s\n", url);
    return url != NULL;
}

/* Gives up when so many bytes are on their way. */
typedef struct Impatient {
    GCancellable *cancellable;
    gint64 enough;
} Impatient;

static void look_and_give_up(gint64 done, gint64 total, gpointer data)
{
    const Impatient *impatient = data;
    (void)total;
    if (done >= impatient->enough)
        g_cancellable_cancel(impatient->cancellable);
}

static gboolean put_and_give_up(S3Client *client, char **words, GError **error)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Impatient impatient = {cancellable, atoi(words[2])};
    S3Transfer how = {.progress = look_and_give_up, .data = &impatient};
    return s3_put_file(client, words[0], words[1], &how, cancellable, error);
}

static gboolean count_deleted(S3Client *client, char **words, gboolean stale, GError **error)
{
    guint count = 0;
    gboolean is_good = stale ? s3_abort_stale_uploads(client, atoi(words[0]), &count, NULL, error)
                             : s3_delete_all(client, words[0], &count, NULL, error);
    printf("%u\n", count);
    return is_good;
}

static gboolean do_call(S3Client *client, const char *what, char **words, GError **error)
{
    if (strcmp(what, "put") == 0)
        return transfer(client, words, TRUE, NULL, error);
    if (strcmp(what, "get") == 0)
        return transfer(client, words, FALSE, NULL, error);
    if (strcmp(what, "put-text") == 0)
        return put_text(client, words, error);
    if (strcmp(what, "get-text") == 0)
        return get_text(client, words, error);
    if (strcmp(what, "head") == 0)
        return head(client, words, error);
    if (strcmp(what, "list") == 0)
        return s3_list(client, words[0], print_object, NULL, NULL, error);
    if (strcmp(what, "delete") == 0)
        return s3_delete(client, words[0], NULL, error);
    if (strcmp(what, "delete-all") == 0)
        return count_deleted(client, words, FALSE, error);
    if (strcmp(what, "abort-stale") == 0)
        return count_deleted(client, words, TRUE, error);
    if (strcmp(what, "presign") == 0)
        return presign(client, words, error);
    if (strcmp(what, "put-and-give-up") == 0)
        return put_and_give_up(client, words, error);
    g_error("no such call");
}

/* words[] of a call is as long as the longest, so that what is left out is NULL. */
int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    char *words[5] = {NULL};
    g_assert(argc >= 2);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 2; i < argc && i < 6; i++)
        words[i - 2] = argv[i];
    g_autoptr(S3Client) client = client_new(&error);
    if (client != NULL && do_call(client, argv[1], words, &error))
        return 0;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        printf("error cancelled %s\n", error->message);
    else
        printf("error %d %s\n", error->code, error->message);
    return 1;
}
