/* The slate: two lines of a stroke font on a dark ground. */
#include "live-slate-private.h"

#include "letters-private.h"

#include <math.h>
#include <string.h>

enum {
    GROUND_LUMA = 30,
    NAME_LUMA = 225,
    NOTE_LUMA = 140,
    NAME_CHARS_MAX = 60,
};

#define NOTE "ONE MOMENT, PLEASE"

struct MediaLiveSlate {
    AVFrame *frame;
    MediaLiveEncoder *encoder;
    guint count;
};

/* ---- letters ---- */

char *media_live_text_for_font(const char *text)
{
    g_autofree char *plain = g_str_to_ascii(text, "C");
    g_autofree char *upper = g_ascii_strup(plain, NAME_CHARS_MAX);
    GString *out = g_string_new(NULL);
    for (const char *c = upper; *c != '\0'; c++) {
        gboolean is_space = media_letter_strokes(*c) == NULL;
        if (!is_space)
            g_string_append_c(out, *c);
        else if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    g_strchomp(out->str);
    return g_string_free(out, FALSE);
}

double media_live_text_width(const char *text, double height)
{
    return ((double)strlen(text) * MEDIA_LETTER_ADVANCE - 2) * height / MEDIA_LETTER_HEIGHT;
}

/* Lightens each pixel by how far it lies inside a line with round ends. */
static void draw_line(AVFrame *frame, const double a[2], const double b[2], double radius,
                      guint8 luma)
{
    double dx = b[0] - a[0], dy = b[1] - a[1], length2 = fmax(dx * dx + dy * dy, 1e-9);
    int x0 = MAX((int)(fmin(a[0], b[0]) - radius - 1), 0);
    int y0 = MAX((int)(fmin(a[1], b[1]) - radius - 1), 0);
    int x1 = MIN((int)(fmax(a[0], b[0]) + radius + 2), frame->width);
    int y1 = MIN((int)(fmax(a[1], b[1]) + radius + 2), frame->height);
    for (int y = y0; y < y1; y++) {
        guint8 *row = frame->data[0] + (gsize)y * (gsize)frame->linesize[0];
        for (int x = x0; x < x1; x++) {
            double px = x + 0.5 - a[0], py = y + 0.5 - a[1];
            double along = CLAMP((px * dx + py * dy) / length2, 0, 1);
            double inside = radius + 0.5 - hypot(px - along * dx, py - along * dy);
            double value = GROUND_LUMA + CLAMP(inside, 0, 1) * (luma - GROUND_LUMA);
            row[x] = MAX(row[x], (guint8)value);
        }
    }
}

static void draw_letter(AVFrame *frame, const char *strokes, double x, double y, double unit,
                        guint8 luma)
{
    double last[2] = {0, 0};
    gboolean has_last = FALSE;
    for (const char *c = strokes; *c != '\0'; c++) {
        if (*c == ' ') {
            has_last = FALSE;
            continue;
        }
        double point[2] = {x + (c[0] - '0') * unit, y + (c[1] - '0') * unit};
        c++;
        draw_line(frame, has_last ? last : point, point, 0.45 * unit, luma);
        memcpy(last, point, sizeof last);
        has_last = TRUE;
    }
}

void media_live_draw_text(AVFrame *frame, const char *text, double y, double height, guint8 luma)
{
    double unit = height / MEDIA_LETTER_HEIGHT;
    double x = (frame->width - media_live_text_width(text, height)) / 2;
    for (const char *c = text; *c != '\0'; c++) {
        const char *strokes = media_letter_strokes(*c);
        if (strokes != NULL)
            draw_letter(frame, strokes, x, y, unit, luma);
        x += MEDIA_LETTER_ADVANCE * unit;
    }
}

/* ---- the picture ---- */

/* As high as it may be, and no wider than most of the picture. */
static double fitting_height(const AVFrame *frame, const char *text, double most)
{
    double width = media_live_text_width(text, most), room = frame->width * 0.84;
    return width > room ? most * room / width : most;
}

static AVFrame *new_frame(int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    g_assert(frame != NULL);
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = width;
    frame->height = height;
    int code = av_frame_get_buffer(frame, 0);
    g_assert(code >= 0);
    return frame;
}

static void draw(AVFrame *frame, const char *name)
{
    static const guint8 ground[] = {GROUND_LUMA, 134, 124};
    g_autofree char *text = media_live_text_for_font(name);
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < frame->height / (plane > 0 ? 2 : 1); y++)
            memset(frame->data[plane] + (gsize)y * (gsize)frame->linesize[plane], ground[plane],
                   (gsize)frame->width / (plane > 0 ? 2 : 1));
    double large = fitting_height(frame, text, frame->height * 0.12);
    double small = fitting_height(frame, NOTE, frame->height * 0.035);
    double middle = frame->height * 0.5;
    if (*text != '\0')
        media_live_draw_text(frame, text, middle - large, large, NAME_LUMA);
    media_live_draw_text(frame, NOTE, middle + frame->height * 0.07, small, NOTE_LUMA);
}

MediaLiveSlate *media_live_slate_new(const char *name, int width, int height, GError **error)
{
    MediaLiveEncoderOptions options = {.width = width,
                                       .height = height,
                                       .rate = {MEDIA_SLATE_RATE, 1},
                                       .preset = "ultrafast",
                                       .crf = 20,
                                       .kbps_max = 4000,
                                       .threads = 1};
    MediaLiveEncoder *encoder = media_live_encoder_open(&options, error);
    if (encoder == NULL)
        return NULL;
    MediaLiveSlate *slate = g_new0(MediaLiveSlate, 1);
    slate->encoder = encoder;
    slate->frame = new_frame(width, height);
    draw(slate->frame, name);
    return slate;
}

void media_live_slate_free(MediaLiveSlate *slate)
{
    if (slate == NULL)
        return;
    media_live_encoder_close(slate->encoder);
    av_frame_free(&slate->frame);
    g_free(slate);
}

GBytes *media_live_slate_avcc(const MediaLiveSlate *slate)
{
    return media_live_encoder_avcc(slate->encoder);
}

GBytes *media_live_slate_next(MediaLiveSlate *slate, gint64 t_us, gboolean *is_key, GError **error)
{
    *is_key = slate->count++ % MEDIA_SLATE_RATE == 0;
    return media_live_encoder_encode(slate->encoder, slate->frame, t_us, *is_key, error);
}
