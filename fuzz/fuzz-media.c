/* Any bytes as a recording: probing and reading its sound either works or says why not. */
#include <media/probe.h>
#include <media/sound.h>

#include <stdint.h>
#include <unistd.h>

enum {
    INPUT_BYTES_MAX = 1 << 20,
    SOUND_FRAMES_MAX = 10 * MEDIA_SOUND_HZ,
    BLOCK_FRAMES = 4800,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_sound(const char *path)
{
    g_autoptr(MediaSound) sound = media_sound_open(path, 2, NULL);
    float block[2 * BLOCK_FRAMES];
    gsize total = 0;
    gssize got = 1;
    while (sound != NULL && got > 0 && total < SOUND_FRAMES_MAX) {
        got = media_sound_read(sound, block, BLOCK_FRAMES, NULL);
        g_assert_cmpint(got, <=, BLOCK_FRAMES);
        for (gssize i = 0; i < 2 * got; i++)
            g_assert_true(block[i] >= -8 && block[i] <= 8); /* also refuses NaN */
        total += got > 0 ? (gsize)got : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_BYTES_MAX)
        return 0;
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("crosscut-fuzz-XXXXXX", &path, NULL);
    g_assert_cmpint(file, >=, 0);
    gboolean written = write(file, data, size) == (gssize)size;
    close(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = written ? media_probe(path, &error) : NULL;
    if (info != NULL) {
        g_assert_true(info->has_video || info->has_audio);
        g_assert_cmpfloat(info->duration_s, >=, 0);
        read_sound(path);
    }
    unlink(path);
    return 0;
}
