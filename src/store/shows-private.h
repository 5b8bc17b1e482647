/* The storage, between its files. */
#pragma once
#include <store/shows.h>

struct StoreShows {
    StorePlace root, sessions, trash; /* paths owned */
    int lock, reserve;
    gint64 reserve_bytes, reserve_wanted, low_bytes;
    gboolean is_short; /* of room, as was said last */
};

/* Names in a folder, sorted. */
GPtrArray *store_list_place(const StorePlace *place, GError **error);
/* Opens a folder below another, never through a link. */
gboolean store_open_below(const StorePlace *above, const char *name, StorePlace *place,
                          GError **error);
void store_place_clear(StorePlace *place);
/* Deletes a folder of this place with all that is in it, not following links. */
gboolean store_remove_tree(const StorePlace *above, const char *name, GError **error);
