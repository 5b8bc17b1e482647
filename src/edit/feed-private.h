/* Lines of a log as the director takes them. */
#pragma once
#include <director/director.h>
#include <show/event.h>
#include <show/limits.h>
#include <show/source.h>

typedef struct FeedEvent {
    DirectorEvent event;   /* type UNSET: a settings line */
    const ShowEvent *line; /* borrowed from the log */
} FeedEvent;

/* Takes lines in feeding order, one after the other. */
typedef struct EditFeeder {
    const GPtrArray *sources; /* borrowed */
    gboolean ignore_manual;
    int person[SHOW_SOURCES_MAX];
    gboolean speaks[SHOW_SOURCES_MAX];      /* by microphone */
    gboolean comes_later[SHOW_SOURCES_MAX]; /* not in the log's first list, but in a later one */
    gboolean had_list;
    GArray *events; /* FeedEvent; the caller may empty it */
} EditFeeder;

/* log: all lines of the show, also those that are not fed: a source that the log's first list does
 * not name and a later one does is lost until that one is fed. */
void edit_feeder_init(EditFeeder *feeder, const GPtrArray *sources, const GPtrArray *log,
                      gboolean ignore_manual);
/* Appends to `events`. What names no known source is left out. */
void edit_feeder_line(EditFeeder *feeder, const ShowEvent *line);
void edit_feeder_clear(EditFeeder *feeder);

/* lines: ShowEvent *, in feeding order. New array. */
GArray *edit_feed_new(const GPtrArray *lines, const GPtrArray *sources, gboolean ignore_manual);
/* The event with what it leaves to the settings in force: hold of a manual cut, edge of speech. */
DirectorEvent edit_feed_resolve(const FeedEvent *feed, const DirectorSettings *settings);
/* A marker that the picture of a screen source changed: the one kind that is fed. */
gboolean edit_feed_is_slide(const ShowEvent *line);
DirectorRole edit_feed_role(ShowRole role); /* UNSET stays UNSET */
