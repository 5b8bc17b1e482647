/* A picture of floats to draw on: smooth shapes and a stroke font. Everything is placed through a
 * pen, so that the same figure can be drawn large or small. */
#pragma once
#include <stdint.h>

typedef struct Colour {
    float r, g, b; /* 0 … 1 */
} Colour;

typedef struct Canvas {
    int width, height;
    Colour *pixels; /* row by row, owned */
} Canvas;

typedef struct Pen {
    Canvas *canvas;
    double x, y, scale; /* where (0, 0) lies, in pixels, and how many pixels one unit is */
} Pen;

void canvas_init(Canvas *canvas, int width, int height);
void canvas_clear(Canvas *canvas);
/* Copies the rectangle of `from` that begins at (x, y) and is as large as `to`. */
void canvas_copy(Canvas *to, const Canvas *from, int x, int y);

Pen pen_at(Pen pen, double x, double y, double scale); /* moved and scaled, in the pen's units */

/* alpha 0 … 1; soft: width of the edge in units, 0 = sharp. */
void pen_ellipse(Pen pen, double x, double y, double rx, double ry, Colour colour, double alpha,
                 double soft);
/* x, y: upper left corner. */
void pen_box(Pen pen, double x, double y, double width, double height, double round, Colour colour,
             double alpha);
/* A line with round ends. */
void pen_line(Pen pen, double x0, double y0, double x1, double y1, double thick, Colour colour);
/* From `top` to `bottom` over the whole canvas. */
void canvas_gradient(Canvas *canvas, Colour top, Colour bottom);
/* Capitals, digits, ':', '.', '-' and space; height in units. Returns the width. */
double pen_text(Pen pen, double x, double y, double height, const char *text, Colour colour);
double text_width(double height, const char *text);

/* Planes of 4:2:0, BT.709, limited range. */
typedef struct Planes {
    int width, height; /* even */
    uint8_t *y, *u, *v;
} Planes;

void planes_init(Planes *planes, int width, int height);
void planes_clear(Planes *planes);
void planes_from_canvas(Planes *planes, const Canvas *canvas);
/* Puts a small picture at (x, y), both even, into a large one that it fits in. */
void planes_put(Planes *to, const Planes *piece, int x, int y);
