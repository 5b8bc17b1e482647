#include "fft-private.h"

#include <libavutil/mem.h>
#include <libavutil/tx.h>

struct MediaFft {
    gsize size;
    AVTXContext *forward, *inverse;
    av_tx_fn run_forward, run_inverse;
};

MediaFft *media_fft_new(gsize size)
{
    g_assert(size >= 64 && size <= 1 << 21 && (size & (size - 1)) == 0);
    MediaFft *fft = g_new0(MediaFft, 1);
    fft->size = size;
    float scale = 1.0f;
    int code =
        av_tx_init(&fft->forward, &fft->run_forward, AV_TX_FLOAT_RDFT, 0, (int)size, &scale, 0);
    g_assert(code >= 0);
    code = av_tx_init(&fft->inverse, &fft->run_inverse, AV_TX_FLOAT_RDFT, 1, (int)size, &scale, 0);
    g_assert(code >= 0);
    return fft;
}

void media_fft_free(MediaFft *fft)
{
    if (fft == NULL)
        return;
    av_tx_uninit(&fft->forward);
    av_tx_uninit(&fft->inverse);
    g_free(fft);
}

float *media_fft_new_buffer(const MediaFft *fft)
{
    float *buffer = av_calloc(fft->size + 2, sizeof *buffer);
    g_assert(buffer != NULL);
    return buffer;
}

void media_fft_free_buffer(float *buffer)
{
    av_free(buffer);
}

void media_fft_forward(MediaFft *fft, float *time, float *spectrum)
{
    fft->run_forward(fft->forward, spectrum, time, sizeof(float));
}

void media_fft_inverse(MediaFft *fft, float *spectrum, float *time)
{
    fft->run_inverse(fft->inverse, time, spectrum, 2 * sizeof(float));
}

void media_fft_multiply_conjugate(const MediaFft *fft, float *a, const float *b)
{
    for (gsize i = 0; i < fft->size + 2; i += 2) {
        float real = a[i] * b[i] + a[i + 1] * b[i + 1];
        float imaginary = a[i + 1] * b[i] - a[i] * b[i + 1];
        a[i] = real;
        a[i + 1] = imaginary;
    }
}

gsize media_fft_size_for(gsize n)
{
    gsize size = 64;
    while (size < n)
        size *= 2;
    return size;
}
