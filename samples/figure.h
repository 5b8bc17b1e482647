/* The three presenters and the rooms they sit in. A figure's unit: its head is 200 high. */
#pragma once
#include "canvas.h"

enum { FIGURES = 3, MOUTHS = 6, NODS = 5, GAZES = 3 };

/* What of a figure moves. */
typedef struct FigureState {
    int mouth; /* 0 closed … MOUTHS − 1 wide open */
    int nod;   /* 0 … NODS − 1; NODS / 2 is straight */
    int gaze;  /* 0 left, 1 straight, 2 right */
    int blink; /* 0 or 1 */
} FigureState;

const char *figure_name(int figure);
/* Everything that stays still; the head is drawn over it. */
void figure_draw_body(Pen pen, int figure);
void figure_draw_head(Pen pen, int figure, FigureState state);
/* What the head can touch, in units: x from −FIGURE_HEAD_X to it, y from −FIGURE_HEAD_UP to
 * FIGURE_HEAD_DOWN. */
enum { FIGURE_HEAD_X = 150, FIGURE_HEAD_UP = 160, FIGURE_HEAD_DOWN = 125 };

/* The wall behind one figure (0 … 2), or the studio of all three (FIGURES). */
void room_draw(Canvas *canvas, int room);
/* What stands in front of everybody in the studio. */
void room_draw_table(Canvas *canvas);
