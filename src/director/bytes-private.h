/* Clearing and copying without a C library: word by word and volatile, so that no compiler makes a
 * call of memset or memcpy of it. Sizes are multiples of eight, memory is aligned to eight. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) BytesWord;

static inline void bytes_clear(void *to, size_t size)
{
    for (size_t i = 0; i < size / sizeof(BytesWord); i++)
        ((volatile BytesWord *)to)[i] = 0;
}

static inline void bytes_copy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size / sizeof(BytesWord); i++)
        ((volatile BytesWord *)to)[i] = ((const volatile BytesWord *)from)[i];
}
