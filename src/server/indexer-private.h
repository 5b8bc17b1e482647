/* Looks into recordings that are whole, in children of this program that may crash: the server
 * itself never parses media. Two at a time, so that a show that ends does not take the machine from
 * one that runs. Threads: the server's. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>

typedef struct ServerIndexer ServerIndexer;

/* `program`: path of this program. */
ServerIndexer *server_indexer_new(const char *program) G_GNUC_WARN_UNUSED_RESULT;
/* Children that run are killed; their callbacks do not come. NULL-safe. */
void server_indexer_free(ServerIndexer *indexer);

/* `found`: what `crosscut index --json` says of the file, borrowed; NULL and `error` when it cannot
 * be read. Once, from the loop. */
typedef void (*ServerIndexed)(const json_t *found, const GError *error, gpointer data);
void server_indexer_push(ServerIndexer *indexer, const char *path, ServerIndexed done,
                         gpointer data);
