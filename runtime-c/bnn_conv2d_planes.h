/* bnn_conv2d_planes.h - bit-sliced convolution: 32 output positions per operation, no popcount.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * Bit planes with 32 lanes: a map is [channels][height][(width + 31) / 32] words; one word holds one channel at 32 columns.
 */
#ifndef BNN_CONV2D_PLANES_H
#define BNN_CONV2D_PLANES_H

#include "bnn_bits.h"
#include "bnn_conv2d.h"

/* 32 columns of a plane starting at any column, columns outside 0..width-1 as 0.
 *   plane  [(width + 31) / 32], or a null pointer for a plane of ones     column  -32767..32767 */
#ifndef BNN1_PLANE_WINDOW
#define BNN1_PLANE_WINDOW
static inline uint32_t bnn1_plane_word(const uint32_t *plane, uint16_t width, int32_t word)
{
    const int32_t words = (int32_t)(((uint32_t)width + 31u) >> 5);
    if (word < 0 || word >= words) {
        return 0;
    }
    if (!plane) {
        return word + 1 < words ? UINT32_C(0xFFFFFFFF) : UINT32_C(0xFFFFFFFF) >> ((32u - (width & 31u)) & 31u);
    }
    return plane[word];
}

static inline uint32_t bnn1_plane_window(const uint32_t *plane, uint16_t width, int32_t column)
{
    /* floor(column / 32) and column mod 32, from a value moved into the positive range */
    const uint32_t moved = (uint32_t)(column + INT32_C(65536));
    const int32_t word = (int32_t)(moved >> 5) - 2048;
    const uint32_t shift = moved & 31u;
    const uint32_t low = bnn1_plane_word(plane, width, word) >> shift;
    return shift == 0u ? low : low | (bnn1_plane_word(plane, width, word + 1) << (32u - shift));
}
#endif /* BNN1_PLANE_WINDOW */

/* Convolution on bit planes, stride_x 1, one comparison per output bit without any popcount.
 *
 * Every lane (column) of a word counts e = sum over the K taps of
 *     2 where the product is -1,   0 where it is +1,   1 where the tap is outside and padding is 0,
 * so that acc = K - e for any kind of padding, and acc >= T  <=>  e <= K - T = limit. (A tap padded with +-1 is a plane
 * of equal bits; it is never "outside".) e is kept in binary, bit j of all 32 lanes in count[j]: adding is a ripple of
 * XOR and AND. 0 <= e <= 2 K <= 65534, so 16 counters suffice. The comparison walks the counters from the top: a lane
 * whose first difference from limit is a 1 is greater.
 *
 *   x       input planes          w  [out_channels][(K + 31) / 32] ROM, tap order (channel of the group, ky, kx)
 *   limit   [out_channels] ROM, -1..2 K (-1: never, 2 K: always)
 *   y       output planes of out_height rows, fully overwritten; unused lanes of a last word are 0
 */
#ifndef BNN1_CONV2D_PLANES_B1
#define BNN1_CONV2D_PLANES_B1
static inline void bnn1_planes_add(uint32_t *count, uint32_t bits, uint8_t weight)
{
    while (bits != 0u) {
        const uint32_t carry = count[weight] & bits;
        count[weight] ^= bits;
        bits = carry;
        weight++;
    }
}

static inline uint32_t bnn1_planes_at_most(const uint32_t *count, int32_t limit)
{
    uint32_t greater = limit < 0 ? UINT32_C(0xFFFFFFFF) : 0u;
    uint32_t equal = UINT32_C(0xFFFFFFFF);
    uint8_t j;
    for (j = 16; j-- > 0u;) {
        if ((((uint32_t)limit >> j) & 1u) != 0u) {
            equal &= count[j];
        } else {
            greater |= equal & count[j];
            equal &= ~count[j];
        }
    }
    return ~greater;
}

static inline uint32_t bnn1_conv2d_planes_word(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                               int32_t limit, uint16_t group, uint16_t oy, uint16_t column)
{
    const uint32_t plane = ((uint32_t)s->width + 31u) >> 5;
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    uint32_t count[17] = {0};
    uint32_t tap = 0;
    uint16_t c, ky, kx;
    for (c = 0; c < size; c++) {
        const uint32_t channel = (uint32_t)group * size + c;
        for (ky = 0; ky < s->kernel_height; ky++) {
            const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
            for (kx = 0; kx < s->kernel_width; kx++) {
                const int32_t first = (int32_t)column - (int32_t)s->pad_left + (int32_t)kx * s->dilation_x;
                const uint32_t inside = iy >= 0 ? bnn1_plane_window((const uint32_t *)0, s->width, first) : 0u;
                uint32_t bits = inside;
                if (iy >= 0) {
                    bits &= bnn1_plane_window(x + (channel * s->height + (uint32_t)iy) * plane, s->width, first);
                }
                if (pad > 0) {
                    bits |= ~inside;
                }
                if (((bnn1_rom_u32(w + (tap >> 5)) >> (tap & 31u)) & 1u) != 0u) {
                    bits = ~bits; /* now 1 where x ^ w = 1 */
                }
                if (pad == 0) {
                    bnn1_planes_add(count, bits & inside, 1);
                    bnn1_planes_add(count, ~inside, 0);
                } else {
                    bnn1_planes_add(count, bits, 1);
                }
                tap++;
            }
        }
    }
    return bnn1_planes_at_most(count, limit);
}

static inline void bnn1_conv2d_planes_b1(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                         const int32_t *limit, uint16_t out_height, uint32_t *y)
{
    const uint32_t taps = (uint32_t)s->kernel_height * s->kernel_width * (uint32_t)(s->channels / s->groups);
    const uint32_t row = (taps + 31u) >> 5;
    const uint16_t per_group = (uint16_t)(s->out_channels / s->groups);
    uint16_t oy, o, column;
    for (o = 0; o < s->out_channels; o++) {
        for (oy = 0; oy < out_height; oy++) {
            for (column = 0; column < s->out_width; column = (uint16_t)(column + 32u)) {
                const uint32_t lanes = (uint32_t)s->out_width - column;
                const uint32_t used = lanes >= 32u ? UINT32_C(0xFFFFFFFF) : (UINT32_C(1) << lanes) - 1u;
                const uint16_t group = (uint16_t)(o / per_group);
                *y++ = used & bnn1_conv2d_planes_word(s, pad, x, w + o * row, bnn1_rom_i32(limit + o), group, oy, column);
            }
        }
    }
}
#endif /* BNN1_CONV2D_PLANES_B1 */

#endif /* BNN_CONV2D_PLANES_H */
