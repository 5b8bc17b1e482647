/* The picture that stands in for the program while nothing comes of it: the show's name, and that it
 * goes on in a moment. Drawn once, encoded as long as it is shown. Threads: one at a time. */
#pragma once
#include "live-encoder-private.h"

typedef struct MediaLiveSlate MediaLiveSlate;

enum { MEDIA_SLATE_RATE = 10, MEDIA_SLATE_STEP_US = 1000000 / MEDIA_SLATE_RATE };

MediaLiveSlate *media_live_slate_new(const char *name, int width, int height,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_live_slate_free(MediaLiveSlate *slate);          /* NULL-safe */
GBytes *media_live_slate_avcc(const MediaLiveSlate *slate); /* borrowed */
/* The next picture of it; a keyframe at first, and every second. */
GBytes *media_live_slate_next(MediaLiveSlate *slate, gint64 t_us, gboolean *is_key,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Letters on a picture's luma, in the middle of `y`: capitals, digits and a few signs of a stroke
 * font; for tests too. `height` in pixels. */
void media_live_draw_text(AVFrame *frame, const char *text, double y, double height, guint8 luma);
double media_live_text_width(const char *text, double height);
/* As the stroke font can say it: "Café № 7" is "CAFE N 7". Free with g_free(). */
char *media_live_text_for_font(const char *text);
