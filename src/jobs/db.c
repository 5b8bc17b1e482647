/* The database file. What always holds: a transaction that was ended well is on disk. */
#include "db-private.h"

#include <jobs/error.h>

#include <stdarg.h>
#include <string.h>

enum { BUSY_MS = 5000, VERSION = 1 };

/* Each room that keeps something in this file has a line in `rooms`, with the version of its tables.
 * one_running makes two running jobs of a session impossible, whatever the code does. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS rooms(room TEXT PRIMARY KEY, version INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO rooms VALUES('jobs', 1);"
    "CREATE TABLE IF NOT EXISTS jobs("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " session TEXT NOT NULL, kind TEXT NOT NULL, settings TEXT NOT NULL,"
    " priority INTEGER NOT NULL, length_ms INTEGER NOT NULL, rank_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'waiting'"
    "  CHECK(state IN('waiting','running','done','failed','cancelled')),"
    " take INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,"
    " worker TEXT, lease_until_ms INTEGER NOT NULL DEFAULT 0,"
    " not_before_ms INTEGER NOT NULL DEFAULT 0,"
    " percent REAL NOT NULL DEFAULT 0, left_ms INTEGER NOT NULL DEFAULT -1, error TEXT,"
    " added_ms INTEGER NOT NULL, taken_ms INTEGER NOT NULL DEFAULT 0,"
    " ended_ms INTEGER NOT NULL DEFAULT 0,"
    " CHECK((state = 'running') = (worker IS NOT NULL)));"
    "CREATE UNIQUE INDEX IF NOT EXISTS one_running ON jobs(session) WHERE state = 'running';"
    "CREATE INDEX IF NOT EXISTS next ON jobs(rank_ms, id) WHERE state = 'waiting';"
    "CREATE INDEX IF NOT EXISTS of_session ON jobs(session, id);";

static gboolean fail(const JobsDb *db, const char *doing, GError **error)
{
    int code = sqlite3_errcode(db->handle);
    const char *way_out = "";
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        way_out = "; move the file away: shows are not in it, only jobs";
    else if (code == SQLITE_FULL)
        way_out = "; free some space";
    g_set_error(error, JOBS_ERROR, code == SQLITE_FULL ? JOBS_ERROR_FULL : JOBS_ERROR_FAILED,
                "%s: cannot %s: %s%s", db->path, doing, sqlite3_errmsg(db->handle), way_out);
    return FALSE;
}

/* ---- statements ---- */

static int bind_one(sqlite3_stmt *statement, int at, char kind, va_list *values)
{
    if (kind == 'i')
        return sqlite3_bind_int64(statement, at, va_arg(*values, gint64));
    if (kind == 'd')
        return sqlite3_bind_double(statement, at, va_arg(*values, double));
    g_assert(kind == 't');
    return sqlite3_bind_text(statement, at, va_arg(*values, const char *), -1, SQLITE_TRANSIENT);
}

static sqlite3_stmt *prepare(JobsDb *db, const char *sql, const char *kinds, va_list *values,
                             GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    for (int i = 0; code == SQLITE_OK && kinds[i] != '\0'; i++)
        code = bind_one(statement, i + 1, kinds[i], values);
    if (code == SQLITE_OK)
        return statement;
    fail(db, "prepare a statement", error);
    sqlite3_finalize(statement);
    return NULL;
}

sqlite3_stmt *jobs_db_prepare(JobsDb *db, GError **error, const char *sql, const char *kinds, ...)
{
    va_list values;
    va_start(values, kinds);
    sqlite3_stmt *statement = prepare(db, sql, kinds, &values, error);
    va_end(values);
    return statement;
}

int jobs_db_step(JobsDb *db, sqlite3_stmt *statement, GError **error)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    fail(db, sqlite3_stmt_readonly(statement) ? "read jobs" : "write a job", error);
    return -1;
}

int jobs_db_run(JobsDb *db, GError **error, const char *sql, const char *kinds, ...)
{
    va_list values;
    va_start(values, kinds);
    sqlite3_stmt *statement = prepare(db, sql, kinds, &values, error);
    va_end(values);
    int found = statement != NULL ? 1 : -1;
    while (found == 1)
        found = jobs_db_step(db, statement, error);
    sqlite3_finalize(statement);
    return found < 0 ? -1 : sqlite3_changes(db->handle);
}

/* ---- transactions ---- */

/* IMMEDIATE: who wants to write says so before it reads, and waits here for others. */
gboolean jobs_db_begin(JobsDb *db, GError **error)
{
    return jobs_db_run(db, error, "BEGIN IMMEDIATE", "") >= 0;
}

gboolean jobs_db_end(JobsDb *db, gboolean is_good, GError **error)
{
    if (is_good && jobs_db_run(db, error, "COMMIT", "") >= 0)
        return TRUE;
    if (!sqlite3_get_autocommit(db->handle)) /* some errors have undone it already */
        jobs_db_run(db, NULL, "ROLLBACK", "");
    return FALSE;
}

/* ---- opening ---- */

/* The answer says which mode holds now: some file systems have no shared memory. */
static gboolean set_wal(JobsDb *db, GError **error)
{
    sqlite3_stmt *statement = jobs_db_prepare(db, error, "PRAGMA journal_mode=WAL", "");
    int found = statement != NULL ? jobs_db_step(db, statement, error) : -1;
    gboolean is_wal =
        found == 1 && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    if (found == 1 && !is_wal)
        g_info("write-ahead log not to be had on this file system, jobs are slower path=%s",
               db->path);
    return found == 1;
}

static gboolean check_version(JobsDb *db, GError **error)
{
    sqlite3_stmt *statement =
        jobs_db_prepare(db, error, "SELECT version FROM rooms WHERE room='jobs'", "");
    int found = statement != NULL ? jobs_db_step(db, statement, error) : -1;
    int version = found == 1 ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (found >= 0 && version != VERSION)
        g_set_error(error, JOBS_ERROR, JOBS_ERROR_FAILED,
                    "%s: its jobs are of version %d and this program knows version %d; use the "
                    "newer program",
                    db->path, version, VERSION);
    return version == VERSION;
}

static gboolean make_tables(JobsDb *db, GError **error)
{
    if (!jobs_db_begin(db, error))
        return FALSE;
    gboolean is_good = sqlite3_exec(db->handle, schema, NULL, NULL, NULL) == SQLITE_OK;
    if (!is_good)
        fail(db, "make its tables", error);
    return jobs_db_end(db, is_good && check_version(db, error), error);
}

gboolean jobs_db_open(JobsDb *db, const char *path, GError **error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    db->path = g_strdup(path);
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
        return fail(db, "open it", error);
    sqlite3_extended_result_codes(db->handle, 0);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    return set_wal(db, error) && jobs_db_run(db, error, "PRAGMA synchronous=FULL", "") >= 0 &&
           make_tables(db, error);
}

void jobs_db_close(JobsDb *db)
{
    sqlite3_close(db->handle);
    db->handle = NULL;
    g_clear_pointer(&db->path, g_free);
}
