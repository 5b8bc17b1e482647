/* Real transforms and what alignment does with them. */
#pragma once
#include <glib.h>

typedef struct MediaFft MediaFft;

/* size: a power of two, 64 … 2^21. */
MediaFft *media_fft_new(gsize size);
void media_fft_free(MediaFft *fft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaFft, media_fft_free)

/* A buffer of size + 2 floats, aligned for the transforms. Free with media_fft_free_buffer(). */
float *media_fft_new_buffer(const MediaFft *fft);
void media_fft_free_buffer(float *buffer);

/* time[size] to spectrum[size + 2], (real, imaginary) of 0 … size/2. Destroys `time`. */
void media_fft_forward(MediaFft *fft, float *time, float *spectrum);
/* Back, times size/2. Destroys `spectrum`. */
void media_fft_inverse(MediaFft *fft, float *spectrum, float *time);

/* a := a · conj(b), bin by bin: inverse gives the correlation, at index k: a late by k. */
void media_fft_multiply_conjugate(const MediaFft *fft, float *a, const float *b);
/* Smallest power of two ≥ n. */
gsize media_fft_size_for(gsize n);
