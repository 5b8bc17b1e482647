/* Destinations in SQLite. What always holds: no address with a key, and no key, stands in a table but
 * sealed; a transaction that was answered is on disk. */
#include <live/book.h>

#include <jansson.h>
#include <sqlite3.h>
#include <string.h>

enum { BUSY_MS = 5000, VERSION = 1 };

struct LiveBook {
    sqlite3 *handle;
    char *path;
};

/* Other rooms have tables in this file: each has a line in `rooms`, with the version of its own. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS rooms(room TEXT PRIMARY KEY, version INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO rooms VALUES('live', 1);"
    "CREATE TABLE IF NOT EXISTS live_destinations("
    " name TEXT PRIMARY KEY, address TEXT NOT NULL, has_key INTEGER NOT NULL, sealed BLOB NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS live_runs("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, delay_ms INTEGER NOT NULL,"
    " name TEXT NOT NULL, sealed BLOB NOT NULL, UNIQUE(session, name));";

static gboolean fail(const LiveBook *book, const char *doing, GError **error)
{
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s: cannot %s: %s", book->path, doing,
                sqlite3_errmsg(book->handle));
    return FALSE;
}

static sqlite3_stmt *prepare(LiveBook *book, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(book, "read destinations", error);
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* To its end, and finalizes it. */
static gboolean run(LiveBook *book, sqlite3_stmt *statement, GError **error)
{
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW)
        code = sqlite3_step(statement);
    gboolean is_good = code == SQLITE_DONE || fail(book, "write destinations", error);
    sqlite3_finalize(statement);
    return is_good;
}

/* ---- opening ---- */

static gboolean run_text(LiveBook *book, const char *sql, GError **error)
{
    return sqlite3_exec(book->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           fail(book, "open its destinations", error);
}

static gboolean check_version(LiveBook *book, GError **error)
{
    sqlite3_stmt *statement = prepare(book, "SELECT version FROM rooms WHERE room='live'", error);
    if (statement == NULL)
        return FALSE;
    int version = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (version == VERSION)
        return TRUE;
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_FAILED,
                "%s: its destinations are of version %d and this program knows version %d; use the "
                "newer program",
                book->path, version, VERSION);
    return FALSE;
}

LiveBook *live_book_open(const char *path, GError **error)
{
    g_autoptr(LiveBook) book = g_new0(LiveBook, 1);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    book->path = g_strdup(path);
    if (sqlite3_open_v2(path, &book->handle, flags, NULL) != SQLITE_OK) {
        fail(book, "open it", error);
        return NULL;
    }
    sqlite3_busy_timeout(book->handle, BUSY_MS);
    if (!run_text(book, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", error) ||
        !run_text(book, schema, error) || !check_version(book, error))
        return NULL;
    return g_steal_pointer(&book);
}

void live_book_close(LiveBook *book)
{
    if (book == NULL)
        return;
    sqlite3_close(book->handle);
    g_free(book->path);
    g_free(book);
}

/* ---- sealing ---- */

static GBytes *seal(const LiveSecret *secret, const LiveTarget *target)
{
    json_t *value = json_pack("{s:s, s:s}", "url", target->url, "key", target->key);
    char *text = json_dumps(value, JSON_COMPACT);
    GBytes *sealed = live_seal(secret, text);
    explicit_bzero(text, strlen(text));
    free(text);
    json_decref(value);
    return sealed;
}

static LiveTarget *unseal(const LiveSecret *secret, const char *name, const void *bytes, int length,
                          gboolean allow_private, GError **error)
{
    char *text = live_unseal(secret, bytes, (gsize)MAX(length, 0), error);
    if (text == NULL)
        return NULL;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *url = json_string_value(json_object_get(value, "url"));
    LiveTarget *target =
        live_target_new(name, url != NULL ? url : "",
                        json_string_value(json_object_get(value, "key")), allow_private, error);
    json_decref(value);
    live_wipe_free(text);
    return target;
}

static void bind_sealed(sqlite3_stmt *statement, int at, const LiveSecret *secret,
                        const LiveTarget *target)
{
    g_autoptr(GBytes) sealed = seal(secret, target);
    gsize length;
    const void *bytes = g_bytes_get_data(sealed, &length);
    sqlite3_bind_blob(statement, at, bytes, (int)length, SQLITE_TRANSIENT);
}

/* ---- saved destinations ---- */

void live_saved_free(gpointer data)
{
    LiveSaved *saved = data;
    g_free(saved->name);
    g_free(saved->address);
    g_free(saved);
}

GPtrArray *live_book_list(LiveBook *book, GError **error)
{
    sqlite3_stmt *statement =
        prepare(book, "SELECT name, address, has_key FROM live_destinations ORDER BY name", error);
    if (statement == NULL)
        return NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func(live_saved_free);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        LiveSaved *saved = g_new(LiveSaved, 1);
        *saved = (LiveSaved){g_strdup((const char *)sqlite3_column_text(statement, 0)),
                             g_strdup((const char *)sqlite3_column_text(statement, 1)),
                             sqlite3_column_int(statement, 2) != 0};
        g_ptr_array_add(list, saved);
    }
    sqlite3_finalize(statement);
    return list;
}

static int count(LiveBook *book, const char *sql, const char *name, GError **error)
{
    sqlite3_stmt *statement = prepare(book, sql, error);
    if (statement == NULL)
        return -1;
    if (name != NULL)
        bind_text(statement, 1, name);
    int found = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
    if (found < 0)
        fail(book, "count destinations", error);
    sqlite3_finalize(statement);
    return found;
}

gboolean live_book_save(LiveBook *book, const LiveSecret *secret, const LiveTarget *target,
                        gboolean *is_new, GError **error)
{
    int before =
        count(book, "SELECT count(*) FROM live_destinations WHERE name=?", target->name, error);
    sqlite3_stmt *statement =
        before < 0
            ? NULL
            : prepare(book, "INSERT OR REPLACE INTO live_destinations VALUES(?,?,?,?)", error);
    if (statement == NULL)
        return FALSE;
    g_autofree char *address = live_target_address(target);
    bind_text(statement, 1, target->name);
    bind_text(statement, 2, address);
    sqlite3_bind_int(statement, 3, *target->key != '\0');
    bind_sealed(statement, 4, secret, target);
    if (is_new != NULL)
        *is_new = before == 0;
    return run(book, statement, error);
}

static gboolean gone(const char *name, GError **error)
{
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_GONE, "name: there is no destination \"%s\"", name);
    return FALSE;
}

gboolean live_book_remove(LiveBook *book, const char *name, GError **error)
{
    sqlite3_stmt *statement = prepare(book, "DELETE FROM live_destinations WHERE name=?", error);
    if (statement == NULL)
        return FALSE;
    bind_text(statement, 1, name);
    return run(book, statement, error) && (sqlite3_changes(book->handle) > 0 || gone(name, error));
}

LiveTarget *live_book_find(LiveBook *book, const LiveSecret *secret, const char *name,
                           gboolean allow_private, GError **error)
{
    sqlite3_stmt *statement =
        prepare(book, "SELECT sealed FROM live_destinations WHERE name=?", error);
    if (statement == NULL)
        return NULL;
    bind_text(statement, 1, name);
    LiveTarget *target = NULL;
    if (sqlite3_step(statement) == SQLITE_ROW)
        target = unseal(secret, name, sqlite3_column_blob(statement, 0),
                        sqlite3_column_bytes(statement, 0), allow_private, error);
    else
        gone(name, error);
    sqlite3_finalize(statement);
    return target;
}

/* ---- shows on air ---- */

void live_run_free(gpointer data)
{
    LiveRun *one = data;
    g_free(one->session);
    g_free(one->name);
    g_free(one->why);
    live_target_free(one->target);
    g_free(one);
}

gboolean live_book_begin(LiveBook *book, const LiveSecret *secret, const char *session,
                         guint delay_ms, const LiveTarget *target, GError **error)
{
    sqlite3_stmt *statement = prepare(book,
                                      "INSERT OR REPLACE INTO live_runs(session, delay_ms, name, "
                                      "sealed) VALUES(?,?,?,?)",
                                      error);
    if (statement == NULL)
        return FALSE;
    bind_text(statement, 1, session);
    sqlite3_bind_int(statement, 2, (int)delay_ms);
    bind_text(statement, 3, target->name);
    bind_sealed(statement, 4, secret, target);
    return run(book, statement, error);
}

gboolean live_book_end(LiveBook *book, const char *session, GError **error)
{
    sqlite3_stmt *statement = prepare(book, "DELETE FROM live_runs WHERE session=?", error);
    if (statement == NULL)
        return FALSE;
    bind_text(statement, 1, session);
    return run(book, statement, error);
}

gboolean live_book_end_one(LiveBook *book, const char *session, const char *name, GError **error)
{
    sqlite3_stmt *statement =
        prepare(book, "DELETE FROM live_runs WHERE session=? AND name=?", error);
    if (statement == NULL)
        return FALSE;
    bind_text(statement, 1, session);
    bind_text(statement, 2, name);
    return run(book, statement, error);
}

int live_book_count_runs(LiveBook *book, GError **error)
{
    return count(book, "SELECT count(*) FROM live_runs", NULL, error);
}

GPtrArray *live_book_runs(LiveBook *book, const LiveSecret *secret, gboolean allow_private,
                          GError **error)
{
    sqlite3_stmt *statement = prepare(
        book, "SELECT session, delay_ms, name, sealed FROM live_runs ORDER BY session, id", error);
    if (statement == NULL)
        return NULL;
    GPtrArray *runs = g_ptr_array_new_with_free_func(live_run_free);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        g_autoptr(GError) why = NULL;
        LiveRun *one = g_new0(LiveRun, 1);
        one->session = g_strdup((const char *)sqlite3_column_text(statement, 0));
        one->delay_ms = (guint)sqlite3_column_int(statement, 1);
        one->name = g_strdup((const char *)sqlite3_column_text(statement, 2));
        one->target = unseal(secret, one->name, sqlite3_column_blob(statement, 3),
                             sqlite3_column_bytes(statement, 3), allow_private, &why);
        one->why = why != NULL ? g_strdup(why->message) : NULL;
        g_ptr_array_add(runs, one);
    }
    sqlite3_finalize(statement);
    return runs;
}
