/* A log, read in pieces of any size. */
#pragma once
#include <store/journal.h>

typedef struct StoreScan {
    const char *name;
    StoreJournalEvent each; /* or NULL */
    gpointer data;
    GByteArray *rest; /* begun, not ended by a newline yet */
    gint64 total_bytes;
    gboolean is_torn; /* nothing more is read */
    StoreJournalEnd end;
} StoreScan;

void store_scan_init(StoreScan *scan, const char *name, StoreJournalEvent each, gpointer data);
gboolean store_scan_feed(StoreScan *scan, const char *text, gsize length, GError **error);
/* After the last piece: scan->end is complete. */
gboolean store_scan_finish(StoreScan *scan, GError **error);
void store_scan_clear(StoreScan *scan);
