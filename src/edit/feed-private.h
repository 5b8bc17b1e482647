/* Lines of a log as the director takes them. */
#pragma once
#include <director/director.h>
#include <show/event.h>
#include <show/source.h>

typedef struct FeedEvent {
    DirectorEvent event;   /* type UNSET: a settings line */
    const ShowEvent *line; /* borrowed from the log */
} FeedEvent;

/* lines: ShowEvent *, in feeding order. What names no known source is left out. New array. */
GArray *edit_feed_new(const GPtrArray *lines, const GPtrArray *sources, gboolean ignore_manual);
/* The event with what it leaves to the settings in force: hold of a manual cut, edge of speech. */
DirectorEvent edit_feed_resolve(const FeedEvent *feed, const DirectorSettings *settings);
DirectorRole edit_feed_role(ShowRole role); /* UNSET stays UNSET */
