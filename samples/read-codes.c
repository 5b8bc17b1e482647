/* read-codes VIDEO: what the frame codes of a video say, a line a frame: number in this video,
 * camera, frame of that camera; "-" for both where there is none. The picture must fill the frame.
 *
 * The ffmpeg program decodes and shrinks the strip to CELL_WIDTH samples a cell, so that this is a
 * reader of its own: it shares no code with what it checks. */
#include "frame-code.h"

#include <gio/gio.h>
#include <stdio.h>

enum { CELL_WIDTH = 8, STRIP_HEIGHT = 4, STRIP_WIDTH = FRAME_CODE_CELLS * CELL_WIDTH };

static int cell_level(const guint8 *strip, int cell)
{
    int sum = 0;
    for (int y = 0; y < STRIP_HEIGHT; y++)
        for (int x = CELL_WIDTH / 4; x < CELL_WIDTH * 3 / 4; x++)
            sum += strip[y * STRIP_WIDTH + cell * CELL_WIDTH + x];
    return sum / (STRIP_HEIGHT * CELL_WIDTH / 2);
}

static void print_frame(const guint8 *strip, int number)
{
    guint32 word = 0;
    for (int cell = 0; cell < FRAME_CODE_CELLS; cell++)
        word = word << 1 | (cell_level(strip, cell) > 127);
    int camera = 0, frame = 0;
    if (frame_code_read(word, &camera, &frame))
        printf("%d %d %d\n", number, camera, frame);
    else
        printf("%d - -\n", number);
}

static gboolean read_video(const char *path, GError **error)
{
    g_autofree char *filter = g_strdup_printf(
        "format=gray,crop=iw:floor(ih/32):0:ih-floor(ih/32):exact=1,scale=%d:%d:flags=area",
        STRIP_WIDTH, STRIP_HEIGHT);
    /* clang-format off */
    const char *const command[] = {
        "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v:0", "-vf", filter,
        "-vsync", "passthrough", "-enc_time_base", "-1", /* their own times: a guessed rate's collide */
        "-f", "rawvideo", "-pix_fmt", "gray", "-", NULL};
    /* clang-format on */
    g_autoptr(GSubprocess) ffmpeg =
        g_subprocess_newv(command, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
    if (ffmpeg == NULL)
        return FALSE;
    guint8 strip[STRIP_WIDTH * STRIP_HEIGHT];
    gsize got = 0;
    GInputStream *out = g_subprocess_get_stdout_pipe(ffmpeg);
    for (int number = 0; g_input_stream_read_all(out, strip, sizeof strip, &got, NULL, error) &&
                         got == sizeof strip;
         number++)
        print_frame(strip, number);
    return (error == NULL || *error == NULL) && g_subprocess_wait_check(ffmpeg, NULL, error);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: read-codes VIDEO\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    if (read_video(argv[1], &error))
        return 0;
    fprintf(stderr, "read-codes: %s: %s\n", argv[1], error->message);
    return 1;
}
