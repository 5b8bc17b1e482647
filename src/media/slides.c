/* When a screen's picture changes. First only keyframes are decoded; where two in a row differ, or
 * lie far apart, what is between them is looked at four times a second. A page is compared as a
 * small grey picture: turning it changes many cells, a mouse pointer or a face in a corner few. */
#include <media/slides.h>

#include "open-private.h"
#include "picture-private.h"

#include <libswscale/swscale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STAGE "slides"

enum {
    GREY_WIDTH = 64,
    GREY_HEIGHT = 36,
    CELLS = GREY_WIDTH * GREY_HEIGHT,
    FAR_S = 10,          /* keyframes further apart than this may hide a page between them */
    LOOKS_A_SECOND = 4,  /* between keyframes that differ */
    CELL_CHANGE = 12,    /* of 255: a cell differs */
    CHANGED_PERCENT = 4, /* of the cells: a new page, or a new line on it */
    SETTLE_MS = 2000,    /* changes nearer than this belong to one (a fade, a build) */
};

/* A keyframe, seen small. */
typedef struct Glance {
    double source_s;
    guint8 grey[CELLS];
} Glance;

typedef struct Watch {
    struct SwsContext *scaler;
    guint8 page[CELLS]; /* what is on the screen since the last change */
    gboolean has_page;
    double changed_s; /* when it last changed */
    const char *source;
    ShowClock clock;
    GPtrArray *events;
} Watch;

static void watch_clear(Watch *watch)
{
    sws_freeContext(watch->scaler);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

static gboolean shrink(Watch *watch, const AVFrame *frame, guint8 *grey)
{
    watch->scaler = sws_getCachedContext(watch->scaler, frame->width, frame->height,
                                         (enum AVPixelFormat)frame->format, GREY_WIDTH, GREY_HEIGHT,
                                         AV_PIX_FMT_GRAY8, SWS_AREA, NULL, NULL, NULL);
    if (watch->scaler == NULL)
        return FALSE;
    guint8 *planes[4] = {grey};
    const int lines[4] = {GREY_WIDTH};
    return sws_scale(watch->scaler, (const guint8 *const *)frame->data, frame->linesize, 0,
                     frame->height, planes, lines) == GREY_HEIGHT;
}

static gboolean is_new_page(const guint8 *page, const guint8 *grey)
{
    int changed = 0;
    for (int i = 0; i < CELLS; i++)
        changed += abs((int)page[i] - (int)grey[i]) > CELL_CHANGE;
    return changed * 100 > CELLS * CHANGED_PERCENT;
}

static void add_event(Watch *watch, double source_s)
{
    double session_ms = show_clock_to_session(&watch->clock, source_s) * 1000;
    if (session_ms < 0)
        return;
    ShowEvent *event = show_event_new(SHOW_EVENT_MARKER, watch->source, llround(session_ms));
    show_event_set(event, "kind", json_string("slide"));
    g_ptr_array_add(watch->events, event);
}

/* Compares with the page that was on the screen; a change soon after another is the same one. */
static void look(Watch *watch, const guint8 *grey, double source_s)
{
    if (!watch->has_page) {
        watch->has_page = TRUE;
        watch->changed_s = -INFINITY;
    } else if (is_new_page(watch->page, grey)) {
        if (source_s - watch->changed_s >= SETTLE_MS / 1000.0)
            add_event(watch, source_s);
        watch->changed_s = source_s;
    } else {
        return; /* the page stays what it was, so that slow changes add up */
    }
    memcpy(watch->page, grey, CELLS);
}

/* ---- between keyframes ---- */

static gboolean look_between(Watch *watch, MediaPicture *picture, double from_s, double to_s,
                             GCancellable *cancellable)
{
    guint8 grey[CELLS];
    media_picture_begin(picture, from_s);
    int looks = (int)ceil((to_s - from_s) * LOOKS_A_SECOND);
    for (int i = 0; i < looks; i++) {
        double at_s = from_s + (double)i / LOOKS_A_SECOND;
        MediaShown shown;
        if (!media_picture_show(picture, at_s, cancellable, &shown))
            return FALSE;
        if (shown.frame != NULL && !shown.repeated && shrink(watch, shown.frame, grey))
            look(watch, grey, at_s);
    }
    return TRUE;
}

/* `last`: the keyframe before this one, or NULL. */
static gboolean look_at(Watch *watch, MediaPicture *picture, const Glance *last,
                        const Glance *glance, GCancellable *cancellable)
{
    if (last != NULL &&
        (is_new_page(last->grey, glance->grey) || glance->source_s - last->source_s > FAR_S) &&
        !look_between(watch, picture, last->source_s, glance->source_s, cancellable))
        return FALSE;
    look(watch, glance->grey, glance->source_s);
    return TRUE;
}

gboolean media_slides(const char *path, const char *source, ShowClock clock, GPtrArray *events,
                      const MediaProgress *progress, GCancellable *cancellable, GError **error)
{
    g_autoptr(MediaPicture) keys = media_picture_open(path, 1, error);
    g_autoptr(MediaPicture) picture = keys != NULL ? media_picture_open(path, 1, error) : NULL;
    if (picture == NULL)
        return FALSE;
    media_picture_only_keyframes(keys);
    g_auto(Watch) watch = {.source = source, .clock = clock, .events = events};
    double end_s = media_picture_end_s(picture);
    Glance glances[2];
    int n = 0;
    AVFrame *frame;
    while ((frame = media_picture_next(keys, cancellable, &glances[n % 2].source_s)) != NULL) {
        Glance *glance = &glances[n % 2];
        if (!shrink(&watch, frame, glance->grey))
            continue;
        if (!look_at(&watch, picture, n > 0 ? &glances[(n + 1) % 2] : NULL, glance, cancellable))
            break;
        media_progress_tell(progress, STAGE, MIN(glance->source_s, end_s), end_s);
        n++;
    }
    if (n > 0 && !look_between(&watch, picture, glances[(n + 1) % 2].source_s, end_s, cancellable))
        n = 0;
    media_progress_tell(progress, STAGE, end_s, end_s);
    return !g_cancellable_set_error_if_cancelled(cancellable, error);
}
