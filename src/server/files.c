/* Files of shows: what the manifest names, and the documents of a show. Nothing else is served, and
 * nothing is run by a browser that shows it. */
#include "files-private.h"

#include "shows-private.h"

#include <show/limits.h>
#include <store/error.h>
#include <store/folder.h>

#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *ending, *type;
} types[] = {
    {".webm", "video/webm"},
    {".mkv", "video/x-matroska"},
    {".mp4", "video/mp4"},
    {".json", "application/json"},
    {".log", "application/x-ndjson"},
    {".otio", "application/json"},
    {".fcpxml", "application/xml"},
    {".mlt", "application/xml"},
    {".edl", "text/plain"},
    {".jpg", "image/jpeg"},
    {".png", "image/png"},
    {".index", "application/json"},
};

static const char *type_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(name, types[i].ending))
            return types[i].type;
    return "application/octet-stream";
}

gboolean server_file_is_document(const char *name)
{
    static const char *const names[] = {
        "manifest.json",   "events.json", "events.log", "shots.json",
        "highlights.json", "live.json",   NULL};
    return g_strv_contains(names, name);
}

gboolean server_file_is_served(const char *name)
{
    gsize length = strlen(name);
    return length > 0 && length < 128 && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length &&
           strstr(name, "..") == NULL &&
           (server_file_is_document(name) ||
            strcmp(type_of(name), "application/octet-stream") != 0);
}

static HttpReply *headers_for(const ServerCall *call, const char *name)
{
    HttpReply *reply = http_reply_new(200);
    http_reply_header(reply, "Content-Type", type_of(name));
    http_reply_header(reply, "Cache-Control", "private, no-cache");
    if (http_request_query(server_call_request(call), "download") != NULL) {
        g_autofree char *value = g_strdup_printf("attachment; filename=\"%s\"", name);
        http_reply_header(reply, "Content-Disposition", value);
    }
    return reply;
}

/* What a file has grown to since it was opened is not promised. */
gint64 server_file_length(Server *server, const char *show_id, const char *name, gint64 size)
{
    ServerShow *show = server_shows_open(server->shows, show_id);
    ServerRecording *recording = show != NULL ? server_recording_find(show, name) : NULL;
    return recording != NULL
               ? MIN(size, store_upload_acknowledged_bytes(server_recording_upload(recording)))
               : size;
}

static void send_open_file(ServerCall *call, const char *name, int fd, const struct stat *status,
                           gint64 length)
{
    g_autofree char *etag =
        g_strdup_printf("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%lx\"", length,
                        (gint64)status->st_mtim.tv_sec * 1000000 + status->st_mtim.tv_nsec / 1000,
                        (unsigned long)status->st_ino);
    HttpFile file = {
        .fd = fd, .length_bytes = length, .etag = etag, .modified_s = status->st_mtim.tv_sec};
    server_call_file(call, headers_for(call, name), &file);
}

/* For its reader alone, and only for a while: nobody keeps it. */
static gboolean send_from_mirror(Server *server, ServerCall *call, const char *show_id,
                                 const char *name)
{
    gboolean as_download = http_request_query(server_call_request(call), "download") != NULL;
    g_autofree char *address = server_mirror_address(server->mirror, show_id, name, as_download);
    if (address == NULL)
        return FALSE;
    HttpReply *reply = http_reply_new(307);
    http_reply_header(reply, "Location", address);
    http_reply_header(reply, "Cache-Control", "no-store");
    server_call_reply(call, reply);
    return TRUE;
}

/* What a page of ours plays or reads: it may take nothing of other addresses. */
static gboolean is_for_page(const ServerCall *call)
{
    static const char *const uses[] = {"video", "audio", "image", "empty", NULL};
    const HttpRequest *request = server_call_request(call);
    const char *use = http_request_header(request, "Sec-Fetch-Dest");
    return use != NULL && g_strv_contains(uses, use) &&
           http_request_query(request, "download") == NULL; /* not for the page but for a file */
}

/* With --presign-downloads; what changes is read here. */
static gboolean belongs_to_mirror(const Server *server, const ServerCall *call, const char *name)
{
    return server->config->presign_downloads && !server_file_is_document(name) &&
           !is_for_page(call);
}

static void refuse_file(ServerCall *call)
{
    server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "file", "file: there is no such file");
}

const char *server_files_seen(Server *server, ServerCall *call)
{
    const char *id = server_call_part(call, 0);
    if (!server_who_may_see(server_call_who(call), id)) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, "id", "id: this token may not see it");
        return NULL;
    }
    if (!server_shows_has(server->shows, id)) {
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "id", "id: there is no such show");
        return NULL;
    }
    return id;
}

void server_files_send(Server *server, ServerCall *call, const char *show_id, const char *name)
{
    GError *error = NULL;
    struct stat status;
    if (!server_file_is_served(name)) {
        refuse_file(call);
        return;
    }
    if (belongs_to_mirror(server, call, name) && send_from_mirror(server, call, show_id, name))
        return;
    g_autoptr(StoreShow) folder = store_shows_find(server->store, show_id, &error);
    int fd = folder != NULL ? store_show_open_file(folder, name, &status, &error) : -1;
    if (fd < 0 && g_error_matches(error, STORE_ERROR, STORE_ERROR_GONE) &&
        send_from_mirror(server, call, show_id, name)) {
        g_error_free(error);
        return;
    }
    if (fd < 0)
        server_call_fail(call, error, NULL);
    else
        send_open_file(call, name, fd, &status,
                       server_file_length(server, show_id, name, status.st_size));
}

/* Its manifest says where the recordings lie on this machine: GET …/cuts has the rest of it. */
void server_files_send_of_cut(Server *server, ServerCall *call, const char *show_id,
                              const char *cut, const char *name)
{
    GError *error = NULL;
    struct stat status;
    if (!server_file_is_served(name) || !show_id_is_valid(cut) ||
        strcmp(name, STORE_MANIFEST) == 0) {
        refuse_file(call);
        return;
    }
    g_autoptr(StoreShow) show = store_shows_find(server->store, show_id, &error);
    g_autoptr(StoreShow) folder = show != NULL ? store_show_open_cut(show, cut, &error) : NULL;
    int fd = folder != NULL ? store_show_open_file(folder, name, &status, &error) : -1;
    if (fd < 0)
        server_call_fail(call, error, NULL);
    else
        send_open_file(call, name, fd, &status, status.st_size);
}
