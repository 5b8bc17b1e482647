/* Drawn from ellipses, boxes and lines; order is from back to front. */
#include "figure.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef struct Looks {
    const char *name;
    Colour skin, shade, hair, clothes, collar;
    bool long_hair, beard, glasses;
} Looks;

static const Looks looks[FIGURES] = {
    {"MAYA",
     {0.87F, 0.66F, 0.52F},
     {0.76F, 0.53F, 0.41F},
     {0.20F, 0.12F, 0.09F},
     {0.80F, 0.30F, 0.26F},
     {0.95F, 0.90F, 0.84F},
     true,
     false,
     false},
    {"TOMAS",
     {0.94F, 0.78F, 0.66F},
     {0.85F, 0.65F, 0.53F},
     {0.62F, 0.40F, 0.18F},
     {0.20F, 0.35F, 0.52F},
     {0.90F, 0.93F, 0.96F},
     false,
     true,
     false},
    {"INES",
     {0.55F, 0.37F, 0.26F},
     {0.44F, 0.28F, 0.19F},
     {0.09F, 0.08F, 0.09F},
     {0.88F, 0.68F, 0.22F},
     {0.22F, 0.38F, 0.33F},
     false,
     false,
     true},
};

/* The nod at which a head is straight. */
enum { STRAIGHT = NODS / 2 };

static const Colour white = {0.97F, 0.97F, 0.95F}, dark = {0.13F, 0.12F, 0.13F},
                    inside = {0.36F, 0.09F, 0.10F}, lip = {0.72F, 0.33F, 0.31F};

const char *figure_name(int figure)
{
    return looks[figure].name;
}

static void draw_microphone(Pen pen)
{
    Colour metal = {0.32F, 0.33F, 0.36F};
    pen_line(pen, 330, 420, 250, 250, 12, metal);
    pen_line(pen, 250, 250, 160, 178, 12, metal);
    pen_ellipse(pen, 160, 178, 13, 13, metal, 1, 0);
    pen_line(pen, 152, 172, 112, 150, 46, dark);
    pen_line(pen, 124, 156, 104, 145, 40, (Colour){0.25F, 0.25F, 0.27F});
}

void figure_draw_body(Pen pen, int figure)
{
    const Looks *look = &looks[figure];
    if (look->long_hair) {
        pen_ellipse(pen, 0, 40, 122, 165, look->hair, 1, 0);
        pen_box(pen, -122, 30, 244, 180, 50, look->hair, 1);
    }
    pen_ellipse(pen, 0, 330, 250, 30, dark, 0.25, 60);
    pen_box(pen, -225, 185, 450, 500, 120, look->clothes, 1);
    pen_ellipse(pen, -150, 420, 90, 200, dark, 0.08, 60);
    pen_ellipse(pen, 150, 420, 90, 200, dark, 0.08, 60);
    pen_box(pen, -46, 60, 92, 170, 40, look->shade, 1);
    pen_ellipse(pen, 0, 205, 68, 42, look->shade, 1, 0);
    pen_line(pen, -68, 196, 0, 262, 30, look->collar);
    pen_line(pen, 68, 196, 0, 262, 30, look->collar);
    draw_microphone(pen);
}

static void draw_hair(Pen pen, const Looks *look)
{
    if (look->long_hair) {
        pen_ellipse(pen, -40, -78, 72, 42, look->hair, 1, 0);
        pen_ellipse(pen, 42, -80, 66, 40, look->hair, 1, 0);
        pen_line(pen, -94, -50, -100, 70, 34, look->hair);
        pen_line(pen, 94, -50, 100, 70, 34, look->hair);
    } else if (look->beard) {
        pen_ellipse(pen, -6, -88, 86, 40, look->hair, 1, 0);
        pen_line(pen, -86, -62, -90, -20, 20, look->hair);
        pen_line(pen, 86, -62, 90, -20, 20, look->hair);
        pen_ellipse(pen, 40, -106, 50, 26, look->hair, 1, 0);
    } else {
        for (int i = 0; i < 11; i++) {
            double angle = 3.0 + i * 0.328;
            pen_ellipse(pen, 88 * cos(angle), -2 + 100 * sin(angle), 34, 32, look->hair, 1, 0);
        }
    }
}

static void draw_eye(Pen pen, const Looks *look, double x, FigureState state)
{
    if (state.blink) {
        pen_line(pen, x - 14, -4, x + 14, -4, 6, look->shade);
    } else {
        double look_x = x + (state.gaze - 1) * 6;
        pen_ellipse(pen, x, -6, 18, 13, white, 1, 0);
        pen_ellipse(pen, look_x, -6, 9, 10, dark, 1, 0);
        pen_ellipse(pen, look_x + 3, -10, 3, 3, white, 1, 0);
    }
    pen_line(pen, x - 18, -32, x + 16, -34, 8, look->hair);
    if (look->glasses) {
        pen_line(pen, x - 30, -24, x + 30, -24, 5, dark);
        pen_line(pen, x - 28, 16, x + 28, 16, 5, dark);
        pen_line(pen, x - 30, -24, x - 28, 16, 5, dark);
        pen_line(pen, x + 30, -24, x + 28, 16, 5, dark);
    }
}

static void draw_mouth(Pen pen, const Looks *look, int open)
{
    if (look->beard) {
        pen_ellipse(pen, 0, 74, 62, 46, look->hair, 1, 0);
        pen_ellipse(pen, 0, 44, 40, 14, look->hair, 1, 0);
    }
    if (open == 0) {
        for (int i = -3; i < 3; i++)
            pen_line(pen, i * 9, 64 - i * i * 0.9, (i + 1) * 9, 64 - (i + 1) * (i + 1) * 0.9, 7,
                     lip);
        return;
    }
    pen_ellipse(pen, 0, 62, 30 - open, 6 + open * 5, lip, 1, 0);
    pen_ellipse(pen, 0, 62, 25 - open, 2 + open * 5, inside, 1, 0);
    if (open > 2)
        pen_box(pen, -14, 62 - open * 4.2, 28, 6, 3, white, 1);
}

void figure_draw_head(Pen pen, int figure, FigureState state)
{
    const Looks *look = &looks[figure];
    pen = pen_at(pen, 0, 2.5 * (state.nod - STRAIGHT), 1);
    pen_ellipse(pen, -90, 6, 16, 24, look->shade, 1, 0);
    pen_ellipse(pen, 90, 6, 16, 24, look->shade, 1, 0);
    if (!look->long_hair && !look->beard)
        draw_hair(pen, look);
    pen_ellipse(pen, 0, 0, 90, 110, look->skin, 1, 0);
    if (look->long_hair || look->beard)
        draw_hair(pen, look);
    else
        pen_ellipse(pen, 0, -92, 74, 26, look->hair, 1, 6);
    pen_ellipse(pen, -52, 36, 20, 14, (Colour){0.85F, 0.35F, 0.30F}, 0.25, 20);
    pen_ellipse(pen, 52, 36, 20, 14, (Colour){0.85F, 0.35F, 0.30F}, 0.25, 20);
    draw_eye(pen, look, -38, state);
    draw_eye(pen, look, 38, state);
    if (look->glasses)
        pen_line(pen, -8, -14, 8, -14, 5, dark);
    pen_line(pen, 2, 4, 8, 28, 6, look->shade);
    pen_line(pen, 8, 28, -4, 31, 6, look->shade);
    draw_mouth(pen, look, state.mouth);
}

/* ---- rooms: in units of 1/720 of the height ---- */

static Pen room_pen(Canvas *canvas)
{
    return (Pen){canvas, canvas->width / 2.0, 0, canvas->height / 720.0};
}

static void draw_shelf(Pen pen, double x, double y)
{
    static const Colour spines[] = {{0.70F, 0.34F, 0.25F},
                                    {0.29F, 0.45F, 0.42F},
                                    {0.86F, 0.72F, 0.45F},
                                    {0.35F, 0.33F, 0.48F},
                                    {0.55F, 0.62F, 0.50F}};
    pen_box(pen, x, y, 300, 12, 3, (Colour){0.50F, 0.33F, 0.20F}, 1);
    for (int i = 0; i < 11; i++) {
        double height = 62 + (i * 37) % 30;
        pen_box(pen, x + 12 + i * 22, y - height, 18, height, 2, spines[(i * 3) % 5], 1);
    }
}

static void draw_plant(Pen pen, double x, double y)
{
    Colour leaf = {0.30F, 0.50F, 0.33F};
    for (int i = -4; i <= 4; i++)
        pen_line(pen, x, y, x + i * 24, y - 150 + i * i * 6, 20, leaf);
    pen_box(pen, x - 42, y - 10, 84, 80, 14, (Colour){0.76F, 0.45F, 0.32F}, 1);
}

static void draw_window(Pen pen, double x, double y)
{
    pen_box(pen, x, y, 330, 270, 6, white, 1);
    pen_box(pen, x + 12, y + 12, 306, 246, 2, (Colour){0.62F, 0.80F, 0.92F}, 1);
    pen_ellipse(pen, x + 250, y + 70, 26, 26, (Colour){0.99F, 0.93F, 0.70F}, 1, 6);
    for (int i = 0; i < 8; i++) {
        double height = 60 + (i * 53) % 80;
        pen_box(pen, x + 14 + i * 38, y + 258 - height, 36, height, 1,
                (Colour){0.40F, 0.50F, 0.60F}, 1);
    }
    pen_box(pen, x + 160, y, 10, 270, 0, white, 1);
}

static void draw_lamp(Pen pen, double x, double y)
{
    pen_ellipse(pen, x, y + 30, 200, 180, (Colour){1.0F, 0.90F, 0.65F}, 0.35, 260);
    pen_line(pen, x, y, x, 760, 10, dark);
    pen_box(pen, x - 60, y - 50, 120, 90, 30, (Colour){0.98F, 0.88F, 0.62F}, 1);
}

static void draw_painting(Pen pen, double x, double y)
{
    pen_box(pen, x, y, 240, 180, 4, (Colour){0.35F, 0.25F, 0.18F}, 1);
    pen_box(pen, x + 12, y + 12, 216, 156, 0, (Colour){0.93F, 0.88F, 0.78F}, 1);
    pen_ellipse(pen, x + 85, y + 95, 45, 45, (Colour){0.83F, 0.42F, 0.30F}, 1, 0);
    pen_ellipse(pen, x + 145, y + 80, 36, 36, (Colour){0.25F, 0.45F, 0.55F}, 0.85, 0);
    pen_line(pen, x + 30, y + 140, x + 210, y + 120, 6, dark);
}

void room_draw(Canvas *canvas, int room)
{
    Pen pen = room_pen(canvas);
    switch (room) {
    case 0:
        canvas_gradient(canvas, (Colour){0.93F, 0.84F, 0.72F}, (Colour){0.80F, 0.66F, 0.53F});
        draw_shelf(pen, -600, 190);
        draw_shelf(pen, -600, 330);
        draw_plant(pen, 470, 560);
        break;
    case 1:
        canvas_gradient(canvas, (Colour){0.72F, 0.80F, 0.86F}, (Colour){0.52F, 0.61F, 0.70F});
        draw_window(pen, 220, 90);
        draw_shelf(pen, -610, 300);
        break;
    case 2:
        canvas_gradient(canvas, (Colour){0.42F, 0.52F, 0.47F}, (Colour){0.28F, 0.37F, 0.34F});
        draw_painting(pen, 290, 90);
        draw_lamp(pen, -470, 200);
        break;
    default:
        canvas_gradient(canvas, (Colour){0.36F, 0.38F, 0.46F}, (Colour){0.22F, 0.23F, 0.30F});
        draw_window(pen, -165, 50);
        draw_lamp(pen, -560, 240);
        draw_plant(pen, 560, 520);
        draw_painting(pen, 270, 80);
        break;
    }
}

void room_draw_table(Canvas *canvas)
{
    Pen pen = room_pen(canvas);
    pen_box(pen, -620, 540, 1240, 300, 40, (Colour){0.45F, 0.30F, 0.20F}, 1);
    pen_box(pen, -620, 540, 1240, 24, 12, (Colour){0.58F, 0.40F, 0.27F}, 1);
    for (int i = -1; i <= 1; i++)
        pen_box(pen, i * 360 + 60, 575, 40, 46, 8, white, 0.9);
}
