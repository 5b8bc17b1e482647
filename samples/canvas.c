/* Shapes are drawn by their distance: a pixel is covered as far as its centre lies inside. */
#include "canvas.h"

#include "letters-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (memory == NULL)
        abort();
    return memory;
}

void canvas_init(Canvas *canvas, int width, int height)
{
    canvas->width = width;
    canvas->height = height;
    canvas->pixels = allocate((size_t)width * (size_t)height * sizeof(Colour));
}

void canvas_clear(Canvas *canvas)
{
    free(canvas->pixels);
    canvas->pixels = NULL;
}

void canvas_copy(Canvas *to, const Canvas *from, int x, int y)
{
    for (int row = 0; row < to->height; row++)
        memcpy(to->pixels + (size_t)row * (size_t)to->width,
               from->pixels + (size_t)(y + row) * (size_t)from->width + x,
               (size_t)to->width * sizeof(Colour));
}

void canvas_gradient(Canvas *canvas, Colour top, Colour bottom)
{
    for (int y = 0; y < canvas->height; y++) {
        float part = (float)y / (float)canvas->height;
        Colour colour = {top.r + (bottom.r - top.r) * part, top.g + (bottom.g - top.g) * part,
                         top.b + (bottom.b - top.b) * part};
        for (int x = 0; x < canvas->width; x++)
            canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x] = colour;
    }
}

Pen pen_at(Pen pen, double x, double y, double scale)
{
    return (Pen){pen.canvas, pen.x + x * pen.scale, pen.y + y * pen.scale, pen.scale * scale};
}

static void blend(Canvas *canvas, int x, int y, Colour colour, double alpha)
{
    Colour *pixel = &canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x];
    float a = (float)alpha;
    pixel->r += (colour.r - pixel->r) * a;
    pixel->g += (colour.g - pixel->g) * a;
    pixel->b += (colour.b - pixel->b) * a;
}

/* Pixels of the canvas that a rectangle in pixels can touch. */
typedef struct Area {
    int x0, y0, x1, y1;
} Area;

static Area area_of(const Canvas *canvas, double x0, double y0, double x1, double y1)
{
    return (Area){(int)fmax(0, floor(x0 - 1)), (int)fmax(0, floor(y0 - 1)),
                  (int)fmin(canvas->width, ceil(x1 + 1)), (int)fmin(canvas->height, ceil(y1 + 1))};
}

static double coverage(double distance, double soft)
{
    double part = 0.5 - distance / fmax(1, soft);
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

void pen_ellipse(Pen pen, double x, double y, double rx, double ry, Colour colour, double alpha,
                 double soft)
{
    double cx = pen.x + x * pen.scale, cy = pen.y + y * pen.scale;
    rx *= pen.scale;
    ry *= pen.scale;
    soft *= pen.scale;
    Area area = area_of(pen.canvas, cx - rx - soft, cy - ry - soft, cx + rx + soft, cy + ry + soft);
    for (int row = area.y0; row < area.y1; row++) {
        for (int column = area.x0; column < area.x1; column++) {
            double dx = column + 0.5 - cx, dy = row + 0.5 - cy;
            double k = sqrt(dx * dx / (rx * rx) + dy * dy / (ry * ry));
            double slope = sqrt(dx * dx / pow(rx, 4) + dy * dy / pow(ry, 4));
            double distance = slope > 1e-9 ? k * (k - 1) / slope : -fmin(rx, ry);
            double part = coverage(distance, soft);
            if (part > 0)
                blend(pen.canvas, column, row, colour, part * alpha);
        }
    }
}

void pen_box(Pen pen, double x, double y, double width, double height, double round, Colour colour,
             double alpha)
{
    double half_width = width * pen.scale / 2, half_height = height * pen.scale / 2;
    double cx = pen.x + x * pen.scale + half_width, cy = pen.y + y * pen.scale + half_height;
    round *= pen.scale;
    Area area =
        area_of(pen.canvas, cx - half_width, cy - half_height, cx + half_width, cy + half_height);
    for (int row = area.y0; row < area.y1; row++) {
        for (int column = area.x0; column < area.x1; column++) {
            double dx = fabs(column + 0.5 - cx) - half_width + round;
            double dy = fabs(row + 0.5 - cy) - half_height + round;
            double outside = hypot(fmax(dx, 0), fmax(dy, 0));
            double part = coverage(outside + fmin(fmax(dx, dy), 0) - round, 0);
            if (part > 0)
                blend(pen.canvas, column, row, colour, part * alpha);
        }
    }
}

void pen_line(Pen pen, double x0, double y0, double x1, double y1, double thick, Colour colour)
{
    double ax = pen.x + x0 * pen.scale, ay = pen.y + y0 * pen.scale;
    double bx = (x1 - x0) * pen.scale, by = (y1 - y0) * pen.scale;
    double radius = thick * pen.scale / 2, length2 = fmax(bx * bx + by * by, 1e-9);
    Area area = area_of(pen.canvas, fmin(ax, ax + bx) - radius, fmin(ay, ay + by) - radius,
                        fmax(ax, ax + bx) + radius, fmax(ay, ay + by) + radius);
    for (int row = area.y0; row < area.y1; row++) {
        for (int column = area.x0; column < area.x1; column++) {
            double dx = column + 0.5 - ax, dy = row + 0.5 - ay;
            double along = fmin(1, fmax(0, (dx * bx + dy * by) / length2));
            double part = coverage(hypot(dx - along * bx, dy - along * by) - radius, 0);
            if (part > 0)
                blend(pen.canvas, column, row, colour, part);
        }
    }
}

static void draw_strokes(Pen pen, const char *strokes, Colour colour)
{
    int last_x = -1, last_y = 0;
    for (const char *c = strokes; *c != '\0'; c++) {
        if (*c == ' ') {
            last_x = -1;
            continue;
        }
        int x = c[0] - '0', y = c[1] - '0';
        c++;
        if (last_x >= 0)
            pen_line(pen, last_x, last_y, x, y, 0.85, colour);
        last_x = x;
        last_y = y;
    }
    if (strokes[2] == '\0')
        pen_line(pen, last_x, last_y, last_x, last_y, 1.0, colour);
}

double text_width(double height, const char *text)
{
    return (double)strlen(text) * MEDIA_LETTER_ADVANCE * height / MEDIA_LETTER_HEIGHT;
}

double pen_text(Pen pen, double x, double y, double height, const char *text, Colour colour)
{
    double unit = height / MEDIA_LETTER_HEIGHT;
    Pen glyph = pen_at(pen, x, y, unit);
    for (const char *c = text; *c != '\0'; c++) {
        const char *strokes = media_letter_strokes(*c);
        if (strokes != NULL)
            draw_strokes(glyph, strokes, colour);
        glyph.x += MEDIA_LETTER_ADVANCE * glyph.scale;
    }
    return text_width(height, text);
}

void planes_init(Planes *planes, int width, int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    planes->width = width;
    planes->height = height;
    planes->y = allocate(pixels + pixels / 2);
    planes->u = planes->y + pixels;
    planes->v = planes->u + pixels / 4;
}

void planes_clear(Planes *planes)
{
    free(planes->y);
    planes->y = NULL;
}

static uint8_t byte_of(float value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5F);
}

static float luma(Colour c)
{
    return 0.2126F * c.r + 0.7152F * c.g + 0.0722F * c.b;
}

void planes_from_canvas(Planes *planes, const Canvas *canvas)
{
    int width = canvas->width;
    for (int i = 0; i < width * canvas->height; i++)
        planes->y[i] = byte_of(16 + 219 * luma(canvas->pixels[i]));
    for (int row = 0; row < canvas->height / 2; row++) {
        for (int column = 0; column < width / 2; column++) {
            const Colour *p = canvas->pixels + (size_t)row * 2 * (size_t)width + column * 2;
            Colour mean = {(p[0].r + p[1].r + p[width].r + p[width + 1].r) / 4,
                           (p[0].g + p[1].g + p[width].g + p[width + 1].g) / 4,
                           (p[0].b + p[1].b + p[width].b + p[width + 1].b) / 4};
            int i = row * (width / 2) + column;
            planes->u[i] = byte_of(128 + 224 * (mean.b - luma(mean)) / 1.8556F);
            planes->v[i] = byte_of(128 + 224 * (mean.r - luma(mean)) / 1.5748F);
        }
    }
}

static void put_plane(uint8_t *to, int to_width, const uint8_t *from, int width, int height, int x,
                      int y)
{
    for (int row = 0; row < height; row++)
        memcpy(to + (size_t)(y + row) * (size_t)to_width + x, from + (size_t)row * (size_t)width,
               (size_t)width);
}

void planes_put(Planes *to, const Planes *piece, int x, int y)
{
    put_plane(to->y, to->width, piece->y, piece->width, piece->height, x, y);
    put_plane(to->u, to->width / 2, piece->u, piece->width / 2, piece->height / 2, x / 2, y / 2);
    put_plane(to->v, to->width / 2, piece->v, piece->width / 2, piece->height / 2, x / 2, y / 2);
}
