/* The recordings of the sample show, by which a newcomer without cameras sees everything work. Plain
 * files of one folder: no links, nothing hidden, nothing that is not a recording. */
#include "gate-private.h"

#include "server-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".mp4", "video/mp4"},        {".mov", "video/quicktime"}, {".mkv", "video/x-matroska"},
        {".webm", "video/webm"},      {".m4a", "audio/mp4"},       {".wav", "audio/wav"},
        {".json", "application/json"}};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(name, types[i][0]))
            return types[i][1];
    return NULL;
}

/* -1: no recording of this name. */
static int open_recording(const char *folder, const char *name, struct stat *found)
{
    if (name[0] == '.' || strchr(name, '/') != NULL || type_of(name) == NULL)
        return -1;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, found) != 0 || !S_ISREG(found->st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *names_in(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = folder != NULL ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_clear_pointer(&dir, g_dir_close);
    g_ptr_array_sort(names, by_name);
    return names;
}

void server_sample_list(Server *server, ServerCall *call)
{
    const char *folder = server->config->sample_show;
    g_autoptr(GPtrArray) names = names_in(folder);
    json_t *files = json_array();
    for (guint i = 0; i < names->len; i++) {
        struct stat found;
        int fd = open_recording(folder, names->pdata[i], &found);
        if (fd < 0)
            continue;
        close(fd);
        json_array_append_new(files, json_pack("{s:s,s:I}", "name", names->pdata[i], "bytes",
                                               (json_int_t)found.st_size));
    }
    server_call_json(call, 200, json_pack("{s:o}", "files", files));
}

void server_sample_file(Server *server, ServerCall *call)
{
    const char *folder = server->config->sample_show;
    const char *name = server_call_part(call, 0);
    struct stat found;
    int fd = folder != NULL ? open_recording(folder, name, &found) : -1;
    if (fd < 0) {
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, NULL,
                           folder != NULL ? "the sample show has no recording of this name"
                                          : "this server has no sample show; --sample-show");
        return;
    }
    g_autofree char *etag = g_strdup_printf(
        "\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x\"",
        (gint64)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec, (gint64)found.st_size);
    HttpReply *headers = http_reply_new(200);
    http_reply_header(headers, "Content-Type", type_of(name));
    http_reply_header(headers, "Cache-Control", "no-cache");
    HttpFile file = {
        .fd = fd, .length_bytes = found.st_size, .etag = etag, .modified_s = found.st_mtim.tv_sec};
    server_call_file(call, headers, &file);
}
