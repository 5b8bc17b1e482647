/* Who an event is about: sources by id, and the person whose voice a microphone carries. */
#pragma once
#include <show/limits.h>
#include <show/log.h>
#include <show/source.h>

/* Index of a source, or -1 (also for NULL, and beyond SHOW_SOURCES_MAX). */
int edit_people_find(const GPtrArray *sources, const char *id);
/* person[i]: whose voice source i carries: the camera of a mic, otherwise i itself. */
void edit_people_map(const GPtrArray *sources, int person[SHOW_SOURCES_MAX]);
/* The events of a log in order of (at, seq, place in the file); borrowed from it. New array. */
GPtrArray *edit_events_in_order(const ShowLog *log);
/* "Host and Guest", "Host, Guest and Anna"; "" for none. New string. people: labels. */
char *edit_people_text(const GPtrArray *people);
