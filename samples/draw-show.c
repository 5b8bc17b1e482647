/* Draws one camera of the sample show: raw frames, yuv420p, BT.709, on standard output.
 *
 * Nearly everything stands still, so the scene is drawn once and each look of a head (mouth, nod,
 * gaze, blink) once; a frame is then a copy of these, the time code and the frame code. */
#include "canvas.h"
#include "figure.h"
#include "frame-code.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATES = MOUTHS * NODS * GAZES * 2,
    ENVELOPE_HZ = 100,
    NOISE_BYTES = 1 << 20,
    GLYPHS = 11, /* 0 … 9 and ':' */
    TIME_LETTERS = 11,
};

typedef struct Options {
    int camera, person; /* person: 0 … 2, or −1: all of them */
    int width, height, rate_num, rate_den;
    double start_s;
    int frames;
    char *envelope;
    gboolean natural;
} Options;

typedef struct Head {
    int figure;
    Pen pen;
    int x, y, width, height; /* what it can touch, even */
    Planes looks[STATES];    /* drawn when first needed */
} Head;

typedef struct Scene {
    Options options;
    int margin; /* the natural camera sways, so more is drawn than is shown */
    Canvas still;
    Planes picture, shown;
    Head heads[FIGURES];
    int n_heads;
    Planes glyphs[GLYPHS];
    int time_x, time_y;
    guint8 *envelope; /* FIGURES bytes for each 1/ENVELOPE_HZ s */
    gsize envelope_frames;
    gint8 *noise;
    guint32 random;
} Scene;

static guint32 next_random(guint32 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* ---- the still picture ---- */

static void add_head(Scene *scene, int figure, Pen pen)
{
    Head *head = &scene->heads[scene->n_heads++];
    head->figure = figure;
    head->pen = pen;
    head->x = (int)(pen.x - FIGURE_HEAD_X * pen.scale) & ~1;
    head->y = (int)(pen.y - FIGURE_HEAD_UP * pen.scale) & ~1;
    head->width = ((int)(2 * FIGURE_HEAD_X * pen.scale) + 3) & ~1;
    head->height = ((int)((FIGURE_HEAD_UP + FIGURE_HEAD_DOWN) * pen.scale) + 3) & ~1;
    figure_draw_body(pen, figure);
}

static void draw_people(Scene *scene)
{
    Canvas *canvas = &scene->still;
    Pen pen = {canvas, canvas->width / 2.0, 0, canvas->height / 720.0};
    if (scene->options.person >= 0) {
        room_draw(canvas, scene->options.person);
        add_head(scene, scene->options.person, pen_at(pen, 0, 290, 1.15));
        return;
    }
    room_draw(canvas, FIGURES);
    for (int figure = 0; figure < FIGURES; figure++)
        add_head(scene, figure, pen_at(pen, (figure - 1) * 370, 385, 0.55));
    room_draw_table(canvas);
}

static void draw_plate(Scene *scene)
{
    Canvas *canvas = &scene->still;
    double margin = scene->margin * 720.0 / canvas->height;
    Pen pen = {canvas, 0, 0, canvas->height / 720.0};
    const char *name =
        scene->options.person < 0 ? "THE STUDIO" : figure_name(scene->options.person);
    double y = 720 - margin - 120;
    pen_box(pen, margin + 50, y, text_width(34, name) + 52, 66, 12, (Colour){0.10F, 0.11F, 0.14F},
            0.85);
    pen_box(pen, margin + 50, y, 10, 66, 4, (Colour){0.95F, 0.65F, 0.20F}, 1);
    pen_text(pen, margin + 82, y + 16, 34, name, (Colour){1, 1, 1});
}

/* Unevenness at several sizes, as cloth, wood and a sensor have it: an encoder has to work. */
static void roughen(Scene *scene)
{
    Canvas *canvas = &scene->still;
    for (int size = 1; size <= 16; size *= 4) {
        for (int y = 0; y < canvas->height; y += size) {
            for (int x = 0; x < canvas->width; x += size) {
                float change = (float)(next_random(&scene->random) % 1000) / 1000 - 0.5F;
                change *= 0.05F;
                for (int row = y; row < MIN(y + size, canvas->height); row++)
                    for (int column = x; column < MIN(x + size, canvas->width); column++) {
                        Colour *pixel = &canvas->pixels[row * canvas->width + column];
                        pixel->r += change;
                        pixel->g += change;
                        pixel->b += change;
                    }
            }
        }
    }
}

/* The noise of a sensor: the sum of four uniform numbers is nearly normal, here of deviation 2.3. */
static void make_noise(Scene *scene)
{
    scene->noise = g_malloc(NOISE_BYTES + (gsize)scene->options.width);
    for (gsize i = 0; i < NOISE_BYTES + (gsize)scene->options.width; i++) {
        guint32 bits = next_random(&scene->random);
        int sum = (int)(bits & 7) + (int)(bits >> 8 & 7) + (int)(bits >> 16 & 7);
        scene->noise[i] = (gint8)((sum * 2 - 21) / 3);
    }
}

static void make_glyphs(Scene *scene)
{
    double unit = scene->options.height / 720.0;
    int width = (int)(22 * unit + 1) & ~1, height = (int)(44 * unit + 1) & ~1;
    for (int i = 0; i < GLYPHS; i++) {
        Canvas canvas;
        canvas_init(&canvas, width, height);
        canvas_gradient(&canvas, (Colour){0.08F, 0.08F, 0.10F}, (Colour){0.08F, 0.08F, 0.10F});
        const char text[2] = {(char)('0' + i), '\0'}; /* ':' follows '9' */
        Pen pen = {&canvas, width * 0.5, 0, unit};
        pen_text(pen, -7, 11, 21, text, (Colour){0.95F, 0.95F, 0.90F});
        planes_init(&scene->glyphs[i], width, height);
        planes_from_canvas(&scene->glyphs[i], &canvas);
        canvas_clear(&canvas);
    }
    scene->time_x = (int)(scene->options.width - TIME_LETTERS * width - 50 * unit) & ~1;
    scene->time_y = (int)(36 * unit) & ~1;
}

static gboolean scene_init(Scene *scene, GError **error)
{
    const Options *options = &scene->options;
    scene->random = 2463534242U + (guint32)options->camera;
    scene->margin = options->natural ? options->height / 24 & ~1 : 0;
    gsize bytes = 0;
    if (!g_file_get_contents(options->envelope, (char **)&scene->envelope, &bytes, error))
        return FALSE;
    scene->envelope_frames = bytes / FIGURES;
    canvas_init(&scene->still, options->width + 2 * scene->margin,
                options->height + 2 * scene->margin);
    draw_people(scene);
    draw_plate(scene);
    if (options->natural) {
        roughen(scene);
        make_noise(scene);
    }
    planes_init(&scene->picture, scene->still.width, scene->still.height);
    planes_from_canvas(&scene->picture, &scene->still);
    planes_init(&scene->shown, options->width, options->height);
    make_glyphs(scene);
    return TRUE;
}

static void scene_clear(Scene *scene)
{
    for (int i = 0; i < scene->n_heads; i++)
        for (int state = 0; state < STATES; state++)
            planes_clear(&scene->heads[i].looks[state]);
    for (int i = 0; i < GLYPHS; i++)
        planes_clear(&scene->glyphs[i]);
    canvas_clear(&scene->still);
    planes_clear(&scene->picture);
    planes_clear(&scene->shown);
    g_free(scene->envelope);
    g_free(scene->noise);
}

/* ---- what moves ---- */

static int loudness(const Scene *scene, int figure, double t_s)
{
    gint64 at = (gint64)floor(t_s * ENVELOPE_HZ);
    int most = 0;
    for (gint64 i = at - 2; i <= at + 2; i++)
        if (i >= 0 && i < (gint64)scene->envelope_frames)
            most = MAX(most, scene->envelope[i * FIGURES + figure]);
    return most;
}

static int who_speaks(const Scene *scene, double t_s)
{
    int loudest = -1, most = 8;
    for (int figure = 0; figure < FIGURES; figure++) {
        int level = MAX(loudness(scene, figure, t_s), loudness(scene, figure, t_s - 0.25));
        if (level > most) {
            most = level;
            loudest = figure;
        }
    }
    return loudest;
}

static FigureState state_of(const Scene *scene, int figure, double t_s)
{
    int level = loudness(scene, figure, t_s), speaker = who_speaks(scene, t_s);
    FigureState state = {.mouth = MIN(MOUTHS - 1, level / 28), .gaze = 1};
    if (speaker >= 0 && speaker != figure)
        state.gaze = speaker < figure ? 0 : 2;
    double swing = sin(t_s * (speaker == figure ? 5.1 : 1.3) + figure * 2.1);
    state.nod = (int)lround((speaker == figure ? 1.8 : 0.7) * swing) + NODS / 2;
    /* A blink in each span of 3.1 s, at a moment that looks like chance. */
    double span = floor((t_s + figure) / 3.1);
    double moment = fmod(fabs(sin(span * 12.9898 + figure) * 43758.5453), 1.0) * 2.8;
    double in_span = t_s + figure - span * 3.1 - moment;
    state.blink = in_span >= 0 && in_span < 0.13;
    return state;
}

static const Planes *look_of(const Scene *scene, Head *head, FigureState state)
{
    int index = ((state.mouth * NODS + state.nod) * GAZES + state.gaze) * 2 + state.blink;
    Planes *look = &head->looks[index];
    if (look->y == NULL) {
        Canvas piece;
        canvas_init(&piece, head->width, head->height);
        canvas_copy(&piece, &scene->still, head->x, head->y);
        Pen pen = {&piece, head->pen.x - head->x, head->pen.y - head->y, head->pen.scale};
        figure_draw_head(pen, head->figure, state);
        planes_init(look, head->width, head->height);
        planes_from_canvas(look, &piece);
        canvas_clear(&piece);
    }
    return look;
}

static void show_plane(guint8 *to, const guint8 *from, int width, int height, int from_width, int x,
                       int y)
{
    for (int row = 0; row < height; row++)
        memcpy(to + (gsize)row * (gsize)width, from + (gsize)(y + row) * (gsize)from_width + x,
               (gsize)width);
}

/* The part of the picture that the camera sees, which sways a little where it is natural. */
static void show_picture(Scene *scene, double t_s)
{
    const Planes *picture = &scene->picture;
    Planes *shown = &scene->shown;
    int reach = scene->margin / 2, phase = scene->options.camera;
    int x = scene->margin + 2 * (int)lround(reach * 0.8 * sin(t_s * 0.41 + phase));
    int y = scene->margin + 2 * (int)lround(reach * 0.4 * sin(t_s * 0.67 + phase));
    show_plane(shown->y, picture->y, shown->width, shown->height, picture->width, x, y);
    show_plane(shown->u, picture->u, shown->width / 2, shown->height / 2, picture->width / 2, x / 2,
               y / 2);
    show_plane(shown->v, picture->v, shown->width / 2, shown->height / 2, picture->width / 2, x / 2,
               y / 2);
}

static void add_noise(Scene *scene)
{
    Planes *shown = &scene->shown;
    for (int row = 0; row < shown->height; row++) {
        const gint8 *noise = scene->noise + next_random(&scene->random) % NOISE_BYTES;
        guint8 *line = shown->y + (gsize)row * (gsize)shown->width;
        for (int x = 0; x < shown->width; x++)
            line[x] = (guint8)CLAMP(line[x] + noise[x], 0, 255);
    }
}

static void put_time(Scene *scene, int frame)
{
    const Options *options = &scene->options;
    double rate = (double)options->rate_num / options->rate_den;
    int seconds = (int)floor(frame / rate);
    char text[32];
    g_snprintf(text, sizeof text, "%02d:%02d:%02d:%02d", seconds / 3600 % 100, seconds / 60 % 60,
               seconds % 60, (int)floor(frame - seconds * rate));
    for (int i = 0; i < TIME_LETTERS; i++) {
        const Planes *glyph = &scene->glyphs[text[i] - '0'];
        planes_put(&scene->shown, glyph, scene->time_x + i * glyph->width, scene->time_y);
    }
}

static void put_code(Scene *scene, int frame)
{
    Planes *shown = &scene->shown;
    guint32 word = frame_code_write(scene->options.camera, frame);
    int height = shown->height / 24;
    guint8 *line = shown->y + (gsize)(shown->height - height) * (gsize)shown->width;
    for (int x = 0; x < shown->width; x++) {
        int cell = x * FRAME_CODE_CELLS / shown->width;
        line[x] = word >> (FRAME_CODE_CELLS - 1 - cell) & 1 ? 225 : 30;
    }
    for (int row = 1; row < height; row++)
        memcpy(line + (gsize)row * (gsize)shown->width, line, (gsize)shown->width);
    int half = (height + 1) / 2;
    gsize first = (gsize)(shown->height / 2 - half) * (gsize)(shown->width / 2);
    memset(shown->u + first, 128, (gsize)half * (gsize)(shown->width / 2));
    memset(shown->v + first, 128, (gsize)half * (gsize)(shown->width / 2));
}

static gboolean draw_frame(Scene *scene, int frame)
{
    const Options *options = &scene->options;
    double t_s = options->start_s + (double)frame * options->rate_den / options->rate_num;
    for (int i = 0; i < scene->n_heads; i++) {
        Head *head = &scene->heads[i];
        planes_put(&scene->picture, look_of(scene, head, state_of(scene, head->figure, t_s)),
                   head->x, head->y);
    }
    show_picture(scene, t_s);
    if (options->natural)
        add_noise(scene);
    put_time(scene, frame);
    put_code(scene, frame);
    gsize pixels = (gsize)options->width * (gsize)options->height;
    return fwrite(scene->shown.y, 1, pixels * 3 / 2, stdout) == pixels * 3 / 2;
}

static gboolean parse(Options *options, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"camera", 0, 0, G_OPTION_ARG_INT, &options->camera, "number in the frame code", "N"},
        {"person", 0, 0, G_OPTION_ARG_INT, &options->person, "0 to 2; -1: all", "N"},
        {"width", 0, 0, G_OPTION_ARG_INT, &options->width, "pixels, even", "N"},
        {"height", 0, 0, G_OPTION_ARG_INT, &options->height, "pixels, even", "N"},
        {"rate-num", 0, 0, G_OPTION_ARG_INT, &options->rate_num, "frames …", "N"},
        {"rate-den", 0, 0, G_OPTION_ARG_INT, &options->rate_den, "… in so many seconds", "N"},
        {"start", 0, 0, G_OPTION_ARG_DOUBLE, &options->start_s, "show time of frame 0, s", "S"},
        {"frames", 0, 0, G_OPTION_ARG_INT, &options->frames, "how many", "N"},
        {"envelope", 0, 0, G_OPTION_ARG_FILENAME, &options->envelope, "of mix-show", "FILE"},
        {"natural", 0, 0, G_OPTION_ARG_NONE, &options->natural, "noise and motion", NULL},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (options->person < FIGURES && options->width >= 320 && options->width % 2 == 0 &&
        options->height >= 180 && options->height % 2 == 0 && options->rate_num > 0 &&
        options->rate_den > 0 && options->camera > 0 && options->envelope != NULL)
        return TRUE;
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "a value is out of range");
    return FALSE;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Scene *scene = g_new0(Scene, 1);
    scene->options = (Options){.width = 1280, .height = 720, .rate_num = 30, .rate_den = 1};
    gboolean good = parse(&scene->options, argc, argv, &error) && scene_init(scene, &error);
    for (int frame = 0; good && frame < scene->options.frames; frame++)
        good = draw_frame(scene, frame);
    good = good && fflush(stdout) == 0;
    if (!good)
        fprintf(stderr, "draw-show: %s\n", error != NULL ? error->message : "cannot write");
    scene_clear(scene);
    g_free(scene->options.envelope);
    g_free(scene);
    return good ? 0 : 1;
}
