/* Which frame of a recording the program shows: one rule for the renderer and for the editors'
 * timelines, so that both show the same picture. */
#pragma once
#include <show/clock.h>
#include <show/shots.h>

/* Two frames count as equally near when they are within a millionth of a frame: what floating
 * point leaves of a tie. */
#define EDIT_FRAME_TIE 1e-6

/* Whole numbers without the mathematics library, and without overflow: what is beyond any show
 * stops at 2^53. */
static inline gint64 edit_ceil(double value)
{
    double held = CLAMP(value, -9007199254740992.0, 9007199254740992.0);
    gint64 whole = (gint64)held;
    return held > (double)whole ? whole + 1 : whole;
}

static inline gint64 edit_round(double value) /* to nearest, halves up */
{
    return -edit_ceil(-value - 0.5);
}

/* The rate that shots lie on; where none was said, frames are milliseconds. */
static inline ShowRate edit_shots_rate(const ShowShots *shots)
{
    return shots->rate.num > 0 && shots->rate.den > 0 ? shots->rate : (ShowRate){1000, 1};
}

/* Session time of a program frame, s. */
static inline double edit_frame_session_s(const ShowShots *shots, gint64 frame)
{
    ShowRate rate = edit_shots_rate(shots);
    return (double)shots->start_ms / 1000 + (double)frame * rate.den / rate.num;
}

/* The frame of constant rate whose time is nearest to source_s, the earlier of two. Counts from the
 * first frame of the picture, which lies first_s into the recording; may lie outside the file. */
static inline gint64 edit_nearest_frame(ShowRate rate, double first_s, double source_s)
{
    double frames = (source_s - first_s) * rate.num / rate.den;
    return edit_ceil(frames - 0.5 - EDIT_FRAME_TIE);
}

/* The frame of a recording that program frame `frame` shows. */
static inline gint64 edit_source_frame(const ShowShots *shots, gint64 frame, const ShowClock *clock,
                                       ShowRate rate, double first_s)
{
    double source_s = show_clock_to_source(clock, edit_frame_session_s(shots, frame));
    return edit_nearest_frame(rate, first_s, source_s);
}

/* Frames of the program. */
static inline gint64 edit_program_frames(const ShowShots *shots)
{
    return show_rate_frame(edit_shots_rate(shots), shots->duration_ms);
}
