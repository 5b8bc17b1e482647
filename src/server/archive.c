/* All of a show in one download, and the files of its other cuts. Folders are looked through and files
 * read in a worker; what is sent is never more than one piece ahead of the client. */
#include "files-private.h"
#include "renders-private.h"
#include "route-private.h"
#include "server-private.h"
#include "shows-private.h"
#include "zip-private.h"

#include <http/stream.h>
#include <show/limits.h>
#include <store/folder.h>
#include <store/names.h>

#include <string.h>
#include <unistd.h>

/* ---- what goes into it ---- */

typedef struct Found {
    char *name; /* in the archive */
    const StoreShow *folder;
    char *file;
    GBytes *text; /* instead of a file */
    struct stat status;
} Found;

typedef struct Archive {
    Server *server;
    ServerCall *call; /* NULL once it is answered */
    char *id, *name;  /* the show; what the download is called */
    GPtrArray *found;
    ServerZip *zip;
    HttpStream *stream; /* NULL: there is none, or no more */
    GBytes *piece;
    GError *error;
    gboolean is_reading;
} Archive;

static void free_found(gpointer data)
{
    Found *found = data;
    if (found->text != NULL)
        g_bytes_unref(found->text);
    g_free(found->name);
    g_free(found->file);
    g_free(found);
}

static void free_archive(Archive *archive)
{
    server_zip_free(archive->zip);
    g_ptr_array_unref(archive->found);
    g_clear_pointer(&archive->piece, g_bytes_unref);
    g_clear_error(&archive->error);
    g_free(archive->id);
    g_free(archive->name);
    g_free(archive);
}

/* "A-show-2026-11-27": a name for every file system. */
static char *download_name(const ShowManifest *manifest)
{
    g_autofree char *ascii = g_str_to_ascii(manifest->name, "C");
    GString *name = g_string_new(NULL);
    for (const char *c = ascii; *c != '\0' && name->len < 60; c++)
        if (g_ascii_isalnum(*c))
            g_string_append_c(name, *c);
        else if (name->len > 0 && name->str[name->len - 1] != '-')
            g_string_append_c(name, '-');
    while (name->len > 0 && name->str[name->len - 1] == '-')
        g_string_truncate(name, name->len - 1);
    if (name->len == 0)
        g_string_append(name, "show");
    g_string_append_printf(name, "-%.10s", manifest->started_at);
    return g_string_free(name, FALSE);
}

/* Indexes can be made again; what nobody names is none of the show's. */
static gboolean belongs(const ShowManifest *manifest, const char *file)
{
    if (!server_file_is_served(file) || g_str_has_suffix(file, ".index"))
        return FALSE;
    return server_file_is_document(file) || store_recording_parse(file, NULL) ||
           show_manifest_find(manifest, file) != NULL;
}

static Found *add_found(Archive *archive, const char *within, const char *file)
{
    Found *found = g_new0(Found, 1);
    found->name = g_strconcat(archive->name, "/", within, file, NULL);
    found->file = g_strdup(file);
    g_ptr_array_add(archive->found, found);
    return found;
}

static gboolean find_files(Archive *archive, const StoreShow *folder, const ShowManifest *manifest,
                           const char *within, const char *without, GError **error)
{
    g_autoptr(GPtrArray) names = store_show_names(folder, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *file = names->pdata[i];
        struct stat status;
        if (!belongs(manifest, file) || g_strcmp0(file, without) == 0)
            continue;
        int fd = store_show_open_file(folder, file, &status, NULL);
        if (fd < 0)
            continue; /* it went meanwhile */
        close(fd);
        Found *found = add_found(archive, within, file);
        found->folder = folder;
        found->status = status;
    }
    return names != NULL;
}

/* Where the show's recordings lie on this machine is nobody's business, and of no use elsewhere. */
static json_t *cut_json(const ShowManifest *manifest)
{
    json_t *value = show_manifest_to_json(manifest);
    json_t *files = json_object_get(value, "files");
    for (gsize i = json_array_size(files); i > 0; i--)
        if (json_object_get(json_array_get(files, i - 1), "path") != NULL)
            json_array_remove(files, i - 1);
    return value;
}

static void find_cut(Archive *archive, const StoreShow *show, const char *name)
{
    StoreShow *cut = store_show_open_cut(show, name, NULL);
    if (cut == NULL)
        return;
    server_zip_take_folder(archive->zip, cut);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(store_show_place(cut)->path, NULL);
    g_autofree char *within = g_strdup_printf("cuts/%s/", name);
    if (manifest == NULL || !find_files(archive, cut, manifest, within, STORE_MANIFEST, NULL))
        return; /* one that is only being made */
    json_t *value = cut_json(manifest);
    char *text = show_json_text(value, TRUE);
    json_decref(value);
    Found *found = add_found(archive, within, STORE_MANIFEST);
    found->text = g_bytes_new_take(text, strlen(text));
}

/* An archive that is not all of the show says so, and where the rest is. */
static void tell_missing(Archive *archive, const ShowManifest *manifest)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (file->path == NULL && store_file_is_elsewhere(file))
            g_string_append_printf(text, "%s  %" G_GINT64_FORMAT " bytes  sha256 %s\n", file->name,
                                   file->bytes, file->sha256 != NULL ? file->sha256 : "unknown");
    }
    if (text->len == 0)
        return;
    g_string_prepend(text,
                     "These files of the show lie in the studio's mirror alone and are not in "
                     "this archive.\nThe studio's library has a link for each, and so has GET "
                     "/sessions/{id}/{file}.\n\n");
    Found *found = add_found(archive, "", "NOT-IN-HERE.txt");
    found->text = g_bytes_new(text->str, text->len);
}

static void find_work(gpointer data)
{
    Archive *archive = data;
    StoreShow *show = store_shows_find(archive->server->store, archive->id, &archive->error);
    if (show == NULL)
        return;
    server_zip_take_folder(archive->zip, show);
    g_autoptr(ShowManifest) manifest =
        store_folder_manifest(store_show_place(show)->path, &archive->error);
    if (manifest == NULL)
        return;
    archive->name = download_name(manifest);
    g_autoptr(GPtrArray) cuts = store_show_cuts(show, &archive->error);
    if (cuts == NULL || !find_files(archive, show, manifest, "", NULL, &archive->error))
        return;
    for (guint i = 0; i < cuts->len; i++)
        find_cut(archive, show, cuts->pdata[i]);
    tell_missing(archive, manifest);
}

/* ---- sending it ---- */

static void read_work(gpointer data)
{
    Archive *archive = data;
    archive->piece = server_zip_next(archive->zip, &archive->error);
}

static void read_done(gpointer data)
{
    Archive *archive = data;
    g_autoptr(GBytes) piece = g_steal_pointer(&archive->piece);
    archive->is_reading = FALSE;
    if (archive->stream == NULL) {
        free_archive(archive);
        return;
    }
    if (piece != NULL) {
        http_stream_give(archive->stream, piece);
        return;
    }
    g_warning("a download was cut show=%s error=%s", archive->id,
              archive->error != NULL ? archive->error->message : "there is no more");
    http_stream_cut(archive->stream);
}

static void wanted(HttpStream *stream, gpointer data)
{
    (void)stream;
    Archive *archive = data;
    archive->is_reading = TRUE;
    store_workers_push(archive->server->disk_workers, read_work, read_done, archive);
}

static void closed(HttpStream *stream, gpointer data)
{
    (void)stream;
    Archive *archive = data;
    archive->stream = NULL;
    if (!archive->is_reading)
        free_archive(archive);
}

static const HttpStreamEvents events = {wanted, closed};

static void fill(Archive *archive)
{
    for (guint i = 0; i < archive->found->len; i++) {
        const Found *found = archive->found->pdata[i];
        if (found->text != NULL)
            server_zip_add_text(archive->zip, found->name, found->text,
                                g_get_real_time() / G_USEC_PER_SEC);
        else
            server_zip_add_file(archive->zip, found->name, found->folder, found->file,
                                &found->status,
                                server_file_length(archive->server, archive->id, found->file,
                                                   found->status.st_size));
    }
}

static void find_done(gpointer data)
{
    Archive *archive = data;
    if (archive->error != NULL) {
        server_call_fail(archive->call, g_steal_pointer(&archive->error), NULL);
        free_archive(archive);
        return;
    }
    fill(archive);
    HttpReply *reply = http_reply_new(200);
    g_autofree char *value = g_strdup_printf("attachment; filename=\"%s.zip\"", archive->name);
    http_reply_header(reply, "Content-Type", "application/zip");
    http_reply_header(reply, "Content-Disposition", value);
    http_reply_header(reply, "Cache-Control", "private, no-store");
    http_reply_header(reply, "Accept-Ranges", "none");
    archive->stream = http_reply_stream(reply, server_zip_length(archive->zip), &events, archive);
    server_call_reply(g_steal_pointer(&archive->call), reply);
}

static void handle_zip(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id == NULL)
        return;
    Archive *archive = g_new0(Archive, 1);
    archive->server = server;
    archive->call = call;
    archive->id = g_strdup(id);
    archive->found = g_ptr_array_new_with_free_func(free_found);
    archive->zip = server_zip_new(0);
    store_workers_push(server->disk_workers, find_work, find_done, archive);
}

/* ---- cuts ---- */

typedef struct Cuts {
    Server *server;
    ServerCall *call;
    char *id;
    json_t *list;
    GError *error;
} Cuts;

static json_t *read_cut(const StoreShow *show, const char *name)
{
    struct stat status;
    g_autoptr(StoreShow) cut = store_show_open_cut(show, name, NULL);
    int fd = cut != NULL ? store_show_open_file(cut, STORE_MANIFEST, &status, NULL) : -1;
    if (fd < 0)
        return NULL;
    close(fd);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(store_show_place(cut)->path, NULL);
    if (manifest == NULL)
        return NULL;
    g_autoptr(GDateTime) made = g_date_time_new_from_unix_utc(status.st_mtim.tv_sec);
    g_autofree char *text = g_date_time_format(made, "%Y-%m-%dT%H:%M:%SZ");
    json_t *value = cut_json(manifest);
    json_object_set_new(value, "cut", json_string(name));
    json_object_set_new(value, "made", json_string(text));
    return value;
}

static void cuts_work(gpointer data)
{
    Cuts *cuts = data;
    g_autoptr(StoreShow) show = store_shows_find(cuts->server->store, cuts->id, &cuts->error);
    g_autoptr(GPtrArray) names = show != NULL ? store_show_cuts(show, &cuts->error) : NULL;
    for (guint i = 0; names != NULL && i < names->len; i++) {
        json_t *cut = read_cut(show, names->pdata[i]);
        if (cut != NULL)
            json_array_append_new(cuts->list, cut);
    }
}

static void cuts_done(gpointer data)
{
    Cuts *cuts = data;
    if (cuts->error != NULL) {
        server_call_fail(cuts->call, cuts->error, NULL);
        json_decref(cuts->list);
    } else {
        server_call_json(cuts->call, 200, json_pack("{s:o}", "cuts", cuts->list));
    }
    g_free(cuts->id);
    g_free(cuts);
}

static void push_cuts(Server *server, ServerCall *call, const char *id, StoreWork work,
                      StoreWorkDone done)
{
    Cuts *cuts = g_new0(Cuts, 1);
    *cuts = (Cuts){.server = server, .call = call, .id = g_strdup(id), .list = json_array()};
    store_workers_push(server->disk_workers, work, done, cuts);
}

static void handle_cuts(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id == NULL)
        return;
    push_cuts(server, call, id, cuts_work, cuts_done);
}

static void handle_cut_file(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id != NULL)
        server_files_send_of_cut(server, call, id, server_call_part(call, 1),
                                 server_call_part(call, 2));
}

static void remove_work(gpointer data)
{
    Cuts *cuts = data;
    g_autoptr(StoreShow) show = store_shows_find(cuts->server->store, cuts->id, &cuts->error);
    if (show != NULL)
        store_show_remove_cut(show, server_call_part(cuts->call, 1), &cuts->error);
}

static void remove_done(gpointer data)
{
    Cuts *cuts = data;
    if (cuts->error != NULL) {
        server_call_fail(cuts->call, cuts->error, NULL);
    } else {
        g_message("cut deleted show=%s cut=%s", cuts->id, server_call_part(cuts->call, 1));
        server_call_empty(cuts->call, 204);
    }
    json_decref(cuts->list);
    g_free(cuts->id);
    g_free(cuts);
}

static void handle_remove_cut(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id == NULL)
        return;
    if (!show_id_is_valid(server_call_part(call, 1))) {
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "cut", "cut: there is no such cut");
        return;
    }
    if (server_renders_is_cutting(server->renders, id, server_call_part(call, 1))) {
        server_call_refuse(call, SERVER_ERROR_CONFLICT, "cut",
                           "cut: it is being rendered; cancel that first");
        return;
    }
    push_cuts(server, call, id, remove_work, remove_done);
}

const ServerRoute server_archive_routes[] = {
    {"GET", "/sessions/{id}/zip", SERVER_MAY_ANY_TOKEN, handle_zip,
     "All of a show as one ZIP archive.", NULL, NULL, 200},
    {"GET", "/sessions/{id}/cuts", SERVER_MAY_ANY_TOKEN, handle_cuts, "Other cuts of a show.", NULL,
     "{\"type\":\"object\",\"required\":[\"cuts\"],\"properties\":{\"cuts\":{\"type\":\"array\","
     "\"items\":{\"type\":\"object\",\"required\":[\"cut\",\"made\",\"files\"]}}}}",
     200},
    {"DELETE", "/sessions/{id}/cuts/{cut}", SERVER_MAY_ADMIN, handle_remove_cut, "Deletes a cut.",
     NULL, NULL, 204},
    {"GET", "/sessions/{id}/cuts/{cut}/{file}", SERVER_MAY_ANY_TOKEN, handle_cut_file,
     "A file of a cut.", NULL, NULL, 200},
    {NULL}};
