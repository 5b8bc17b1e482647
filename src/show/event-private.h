/* What the event's reader and the log share. */
#pragma once
#include <show/event.h>

/* The members that are fields of ShowEvent; ends with NULL. */
extern const char *const show_event_members[];
