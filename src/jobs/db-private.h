/* SQLite, for the files of this room alone: opening, and statements with their values. Every error
 * names the database and what was being done. */
#pragma once
#include <glib.h>
#include <sqlite3.h>

typedef struct JobsDb {
    sqlite3 *handle;
    char *path;
} JobsDb;

/* WAL, synchronous FULL; tables of this room made where missing. */
gboolean jobs_db_open(JobsDb *db, const char *path, GError **error);
void jobs_db_close(JobsDb *db);

/* `kinds`: a letter for each value that follows: 'i' gint64, 'd' double, 't' text (NULL: null). */
sqlite3_stmt *jobs_db_prepare(JobsDb *db, GError **error, const char *sql, const char *kinds, ...);
/* 1: a row; 0: there is none (more); -1: an error. */
int jobs_db_step(JobsDb *db, sqlite3_stmt *statement, GError **error);
/* Prepares, steps to the end, and gives how many rows were changed; -1: an error. */
int jobs_db_run(JobsDb *db, GError **error, const char *sql, const char *kinds, ...);

gboolean jobs_db_begin(JobsDb *db, GError **error);
/* Ends what begin() began; `is_good` FALSE undoes it. TRUE: it is on disk. */
gboolean jobs_db_end(JobsDb *db, gboolean is_good, GError **error);
