/* read-pieces FILE SECONDS AT...: what it costs to read pieces of a recording, as a render does:
 * opening it and finding out how long it is, the first picture of each piece, all its pictures, its
 * sound. One JSON line with seconds of the processor. */
#include "picture-private.h"

#include <media/probe.h>
#include <media/sound.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double cost(double *before)
{
    double now = processor_s(), spent = now - *before;
    *before = now;
    return spent;
}

static void read_pictures(const char *path, double at_s, double seconds)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaPicture) picture = media_picture_open(path, 1, &error);
    g_assert_no_error(error);
    media_picture_begin(picture, at_s);
    for (int frame = 0; frame <= (int)(seconds * 30); frame++) {
        MediaShown shown;
        g_assert_true(media_picture_show(picture, at_s + frame / 30.0, NULL, &shown));
    }
}

static void read_sound(const char *path, double at_s, double seconds)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaSound) sound = media_sound_open(path, 2, &error);
    g_assert_no_error(error);
    float block[2 * 4800];
    g_assert_true(media_sound_seek(sound, (gint64)(at_s * MEDIA_SOUND_HZ), &error));
    for (int i = 0; i < (int)(seconds * 10); i++)
        g_assert_cmpint(media_sound_read(sound, block, 4800, &error), >=, 0);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const char *path = argv[1];
    double seconds = strtod(argv[2], NULL), before = processor_s();
    g_autoptr(MediaInfo) info = media_probe(path, NULL);
    g_assert_nonnull(info);
    double probe = cost(&before);
    for (int i = 3; i < argc; i++)
        read_pictures(path, strtod(argv[i], NULL), 0);
    double first = cost(&before);
    for (int i = 3; i < argc; i++)
        read_sound(path, strtod(argv[i], NULL), seconds);
    double sound = cost(&before);
    for (int i = 3; i < argc; i++)
        read_pictures(path, strtod(argv[i], NULL), seconds);
    double pictures = cost(&before);
    printf("{\"probe\":%.4f,\"first\":%.4f,\"sound\":%.4f,\"pictures\":%.4f}\n", probe, first,
           sound, pictures);
    return 0;
}
