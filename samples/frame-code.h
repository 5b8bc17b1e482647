/* What each frame of the sample show says of itself: 32 cells, black or white, in a strip at the
 * bottom edge that is 1/24 of the height. It survives scaling to 180 lines and x264.
 *
 *   bits 31 … 27  10110, to be found
 *        26 … 23  camera, 1 … 15
 *        22 …  4  number of the frame in its file, from 0
 *         3 …  0  check: all other groups of four bits, XORed, and turned over */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { FRAME_CODE_CELLS = 32, FRAME_CODE_SYNC = 0x16, FRAME_CODE_FRAMES = 1 << 19 };

static inline uint32_t frame_code_check(uint32_t word)
{
    uint32_t check = 0xF;
    for (int shift = 4; shift < FRAME_CODE_CELLS; shift += 4)
        check ^= word >> shift & 0xF;
    return check;
}

static inline uint32_t frame_code_write(int camera, int64_t frame)
{
    uint32_t word = (uint32_t)FRAME_CODE_SYNC << 27 | ((uint32_t)camera & 0xF) << 23 |
                    ((uint32_t)frame & (FRAME_CODE_FRAMES - 1)) << 4;
    return word | frame_code_check(word);
}

static inline bool frame_code_read(uint32_t word, int *camera, int *frame)
{
    if (word >> 27 != FRAME_CODE_SYNC || (word & 0xF) != frame_code_check(word))
        return false;
    *camera = (int)(word >> 23 & 0xF);
    *frame = (int)(word >> 4 & (FRAME_CODE_FRAMES - 1));
    return true;
}
