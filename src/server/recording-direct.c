/* Recordings by way of the bucket. What always holds: what a client can write there lies apart from
 * what the mirror wrote (incoming/, not sessions/); a recording appears here whole and verified, and
 * never over another one. */
#include "direct-private.h"

#include "recording-private.h"
#include "route-private.h"
#include "shows-private.h"
#include "uploads-private.h"

#include <s3/s3.h>
#include <store/whole.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES = 4096, ADDRESS_S = 3600 };

static const gint64 bytes_most = G_GINT64_CONSTANT(5) << 30; /* of one PUT */

typedef enum { FETCHING = 1, FETCHED, FAILED } State;

typedef struct Fetch {
    ServerDirect *direct;
    char *id, *name, *sha256;
    gint64 bytes;
    State state;
    GError *error; /* of a failed one, until somebody asked */
} Fetch;

struct ServerDirect {
    Server *server;
    StoreWorkers *workers;
    GHashTable *fetches; /* "id/name" → Fetch, owned */
};

static void free_fetch(gpointer data)
{
    Fetch *fetch = data;
    g_free(fetch->id);
    g_free(fetch->name);
    g_free(fetch->sha256);
    g_clear_error(&fetch->error);
    g_free(fetch);
}

static char *key_of(const char *id, const char *name)
{
    return g_strdup_printf("incoming/%s/%s", id, name);
}

/* ---- fetching, in the thread ---- */

/* What a client is told of it. */
static void take_error(Fetch *fetch, const GError *why)
{
    static const struct {
        S3ErrorCode code;
        ServerError means;
        const char *words;
    } known[] = {
        {S3_ERROR_NOT_FOUND, SERVER_ERROR_NOT_FOUND, "name: it is not in the bucket"},
        {S3_ERROR_DIFFERS, SERVER_ERROR_CHECKSUM, "sha256: other bytes are in the bucket"},
        {S3_ERROR_UNAVAILABLE, SERVER_ERROR_BUSY, "the bucket cannot be reached now"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (g_error_matches(why, S3_ERROR, (gint)known[i].code)) {
            g_set_error_literal(&fetch->error, SERVER_ERROR, (gint)known[i].means, known[i].words);
            return;
        }
    g_set_error_literal(&fetch->error, SERVER_ERROR, SERVER_ERROR_FAILED, why->message);
}

static gboolean has_right_size(Fetch *fetch, S3Client *client, const char *key,
                               GCancellable *cancellable)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(S3Object) object = s3_head(client, key, cancellable, &why);
    if (object == NULL)
        take_error(fetch, why);
    else if (object->bytes != fetch->bytes)
        g_set_error(&fetch->error, SERVER_ERROR, SERVER_ERROR_INVALID,
                    "bytes: %" G_GINT64_FORMAT " are in the bucket", object->bytes);
    return fetch->error == NULL;
}

static gboolean has_magic(Fetch *fetch, const char *path)
{
    static const guint8 ebml[] = {0x1A, 0x45, 0xDF, 0xA3};
    guint8 found[sizeof ebml] = {0};
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    gboolean is_good = fd >= 0 && read(fd, found, sizeof found) == (ssize_t)sizeof found &&
                       memcmp(found, ebml, sizeof ebml) == 0;
    if (fd >= 0)
        close(fd);
    if (!is_good)
        g_set_error_literal(&fetch->error, SERVER_ERROR, SERVER_ERROR_TYPE,
                            "name: expected the bytes of a WebM or Matroska recording");
    return is_good;
}

/* Never over another recording of that name. */
static gboolean put_in_place(Fetch *fetch, const char *folder, const char *from, const char *to)
{
    g_autoptr(GError) why = NULL;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        if (store_sync_folder(folder, &why))
            return TRUE;
        g_propagate_error(&fetch->error, g_steal_pointer(&why));
        return FALSE;
    }
    int code = errno;
    g_set_error(&fetch->error, SERVER_ERROR,
                code == EEXIST ? SERVER_ERROR_CONFLICT : SERVER_ERROR_FAILED,
                "name: cannot put %s in place: %s", fetch->name, g_strerror(code));
    return FALSE;
}

static void fetch_work(gpointer data)
{
    Fetch *fetch = data;
    const Server *server = fetch->direct->server;
    S3Client *client = server_mirror_client(server->mirror);
    GCancellable *cancellable = server_mirror_cancellable(server->mirror);
    g_autofree char *key = key_of(fetch->id, fetch->name);
    g_autofree char *folder =
        g_build_filename(server->config->storage, "sessions", fetch->id, NULL);
    g_autofree char *hidden = g_strdup_printf("%s/.%s.fetched", folder, fetch->name);
    g_autofree char *path = g_build_filename(folder, fetch->name, NULL);
    const S3Transfer how = {.sha256 = fetch->sha256};
    g_autoptr(GError) why = NULL;
    if (!has_right_size(fetch, client, key, cancellable))
        return;
    if (!s3_get_file(client, key, hidden, &how, cancellable, &why)) {
        take_error(fetch, why);
        return;
    }
    if (!has_magic(fetch, hidden) || !put_in_place(fetch, folder, hidden, path))
        unlink(hidden);
    else if (!s3_delete(client, key, cancellable, &why))
        g_info("what was fetched stays in the bucket too error=%s", why->message);
}

/* ---- back on the loop ---- */

static void was_finished(const GError *error, gpointer data)
{
    Fetch *fetch = data;
    fetch->state = error == NULL ? FETCHED : FAILED;
    if (error != NULL)
        fetch->error = g_error_copy(error);
    else
        g_message("recording fetched from the bucket show=%s name=%s bytes=%" G_GINT64_FORMAT,
                  fetch->id, fetch->name, fetch->bytes);
}

static void was_opened(ServerRecording *recording, gpointer data)
{
    Fetch *fetch = data;
    if (recording != NULL)
        server_recording_finish(recording, fetch->sha256, was_finished, fetch);
    else
        fetch->state = FETCHED; /* the next opening of the show takes it up */
}

static void fetch_done(gpointer data)
{
    Fetch *fetch = data;
    GError *error = g_steal_pointer(&fetch->error);
    ServerShow *show =
        error == NULL ? server_shows_need(fetch->direct->server->shows, fetch->id, &error) : NULL;
    ServerRecording *recording =
        show != NULL ? server_recording_open(show, fetch->name, fetch->bytes, &error) : NULL;
    if (recording != NULL) {
        server_recording_when_open(recording, was_opened, fetch);
        return;
    }
    g_warning("recording not fetched from the bucket show=%s name=%s error=%s", fetch->id,
              fetch->name, error->message);
    fetch->state = FAILED;
    fetch->error = error;
}

/* ---- calls ---- */

typedef struct Wish {
    const char *id, *name, *sha256;
    gint64 bytes;
    ServerShow *show;
} Wish;

static gboolean refuse(GError **error, ServerError code, const char *words)
{
    g_set_error_literal(error, SERVER_ERROR, (gint)code, words);
    return FALSE;
}

/* Everything but whether there is a recording of this name. */
static gboolean read_wish(Server *server, ServerCall *call, const json_t *body, Wish *wish,
                          GError **error)
{
    StoreRecording what;
    wish->id = server_call_part(call, 0);
    wish->name = server_json_text(body, "name", 64, error);
    wish->bytes = json_integer_value(json_object_get(body, "bytes"));
    if (server->direct == NULL)
        return refuse(error, SERVER_ERROR_NOT_FOUND,
                      "this server takes recordings itself; --direct-uploads changes that");
    if (wish->name == NULL ||
        !server_uploads_may_send(server_call_who(call), wish->id, wish->name, error))
        return FALSE;
    if (wish->bytes < 1 || wish->bytes > bytes_most)
        return refuse(error, SERVER_ERROR_INVALID, "bytes: expected 1 to 5368709120");
    wish->show = server_shows_need(server->shows, wish->id, error);
    return wish->show != NULL && server_recording_parse(wish->show, wish->name, &what, error);
}

static gboolean has_room(const Server *server, const Wish *wish, GError **error)
{
    const StoreQuota *quota = &wish->show->quota;
    if (quota->max_bytes > 0 && quota->used_bytes + wish->bytes > quota->max_bytes)
        return refuse(error, SERVER_ERROR_FULL, "bytes: this show may not have so many (--quota)");
    return store_shows_has_room(server->store) ||
           refuse(error, SERVER_ERROR_FULL, "the disk is nearly full");
}

static gboolean is_free(const Wish *wish, GError **error)
{
    return server_recording_find(wish->show, wish->name) == NULL ||
           refuse(error, SERVER_ERROR_CONFLICT, "name: there is a recording of this name");
}

static void address_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    Wish wish = {0};
    char *url = NULL;
    if (read_wish(server, call, body, &wish, &error) && is_free(&wish, &error) &&
        has_room(server, &wish, &error)) {
        g_autofree char *key = key_of(wish.id, wish.name);
        url = s3_presign(server_mirror_client(server->mirror), "PUT", key, ADDRESS_S, NULL, &error);
    }
    if (url == NULL) {
        server_call_fail(call, error, NULL);
        return;
    }
    gint64 end_s = g_get_real_time() / G_USEC_PER_SEC + ADDRESS_S;
    server_call_json(
        call, 200,
        json_pack("{s:s, s:s, s:I}", "method", "PUT", "url", url, "end", (json_int_t)end_s));
    g_free(url);
}

static void answer(ServerCall *call, guint status, const Wish *wish, const char *state)
{
    server_call_json(call, status,
                     json_pack("{s:s, s:I, s:s}", "name", wish->name, "bytes",
                               (json_int_t)wish->bytes, "state", state));
}

static void start(ServerDirect *direct, const Wish *wish)
{
    Fetch *fetch = g_new0(Fetch, 1);
    fetch->direct = direct;
    fetch->id = g_strdup(wish->id);
    fetch->name = g_strdup(wish->name);
    fetch->sha256 = g_strdup(wish->sha256);
    fetch->bytes = wish->bytes;
    fetch->state = FETCHING;
    g_hash_table_replace(direct->fetches, g_strdup_printf("%s/%s", wish->id, wish->name), fetch);
    store_workers_push(direct->workers, fetch_work, fetch_done, fetch);
}

/* A recording that is whole is what was asked for, however it came. */
static gboolean tell_whole(ServerCall *call, const Wish *wish)
{
    ServerRecording *recording = server_recording_find(wish->show, wish->name);
    gboolean is_whole = recording != NULL &&
                        store_upload_is_finished(server_recording_upload(recording)) &&
                        store_upload_end(server_recording_upload(recording)) == wish->bytes;
    if (is_whole)
        answer(call, 201, wish, "done");
    return is_whole;
}

/* What became of an earlier call. TRUE: it was answered. */
static gboolean tell_earlier(ServerDirect *direct, ServerCall *call, const Wish *wish)
{
    g_autofree char *key = g_strdup_printf("%s/%s", wish->id, wish->name);
    Fetch *fetch = g_hash_table_lookup(direct->fetches, key);
    if (fetch == NULL)
        return tell_whole(call, wish);
    if (fetch->state == FETCHING)
        answer(call, 202, wish, "fetching");
    else if (fetch->state == FAILED)
        server_call_fail(call, g_steal_pointer(&fetch->error), NULL);
    else
        answer(call, 201, wish, "done");
    if (fetch->state != FETCHING)
        g_hash_table_remove(direct->fetches, key);
    return TRUE;
}

static void sent_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    Wish wish = {0};
    if (read_wish(server, call, body, &wish, &error) && tell_earlier(server->direct, call, &wish))
        return;
    if (error == NULL)
        wish.sha256 = server_json_text(body, "sha256", 64, &error);
    if (error == NULL && !server_is_sha256(wish.sha256))
        refuse(&error, SERVER_ERROR_INVALID, "sha256: expected 64 lower-case hex digits");
    if (error != NULL || !is_free(&wish, &error) || !has_room(server, &wish, &error)) {
        server_call_fail(call, error, NULL);
        return;
    }
    start(server->direct, &wish);
    answer(call, 202, &wish, "fetching");
}

static void handle_address(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, address_with, server);
}

static void handle_sent(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, sent_with, server);
}

const ServerRoute server_direct_routes[] = {
    {"POST", "/sessions/{id}/upload-url", SERVER_MAY_ANY_TOKEN, handle_address,
     "Gives an address in the bucket to which one recording can be sent.",
     "{\"type\":\"object\",\"required\":[\"name\",\"bytes\"],\"properties\":{\"name\":{\"type\":"
     "\"string\"},\"bytes\":{\"type\":\"integer\"}}}",
     "{\"type\":\"object\",\"required\":[\"method\",\"url\",\"end\"]}", 200},
    {"POST", "/sessions/{id}/uploaded", SERVER_MAY_ANY_TOKEN, handle_sent,
     "Says that a recording was sent to the bucket; again: what became of it.",
     "{\"type\":\"object\",\"required\":[\"name\",\"bytes\",\"sha256\"],\"properties\":{\"name\":{"
     "\"type\":\"string\"},\"bytes\":{\"type\":\"integer\"},\"sha256\":{\"type\":\"string\"}}}",
     "{\"type\":\"object\",\"required\":[\"name\",\"state\"]}", 202},
    {0},
};

/* ---- life ---- */

ServerDirect *server_direct_new(Server *server)
{
    if (!server->config->direct_uploads || server->mirror == NULL)
        return NULL;
    ServerDirect *direct = g_new0(ServerDirect, 1);
    direct->server = server;
    direct->workers = store_workers_new_patient("fetch", 1, server->context);
    direct->fetches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_fetch);
    return direct;
}

void server_direct_free(ServerDirect *direct)
{
    if (direct == NULL)
        return;
    store_workers_free(direct->workers);
    g_hash_table_unref(direct->fetches);
    g_free(direct);
}
