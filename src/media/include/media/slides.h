/* When the picture of a screen recording changes: found on its keyframes and on frames a second
 * apart, as small grey pictures. */
#pragma once
#include <gio/gio.h>
#include <media/progress.h>
#include <show/clock.h>
#include <show/event.h>

/* Appends ShowEvent * (marker, kind "slide") on the session clock, ascending t. */
gboolean media_slides(const char *path, const char *source, ShowClock clock, GPtrArray *events,
                      const MediaProgress *progress, GCancellable *cancellable, GError **error);
