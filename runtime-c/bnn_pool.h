/* bnn_pool.h - max-pooling and inversion of bits, channel-packed layout.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_POOL_H
#define BNN_POOL_H

#include "bnn_bits.h"

/* Shape of a pool. height, width: input map; words: uint32_t from one pixel to the next. Window geometry as in
 * bnn1_conv2d_shape: tap (ky, kx) of output (y, x) reads row y * stride_y - pad_top + ky * dilation_y, column alike. */
#ifndef BNN1_POOL_SHAPE
#define BNN1_POOL_SHAPE
typedef struct {
    uint16_t height, width, words;
    uint16_t out_height, out_width;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_y, stride_x;
    uint16_t dilation_y, dilation_x;
    uint16_t pad_top, pad_left;
} bnn1_pool_shape;
#endif /* BNN1_POOL_SHAPE */

/* Max-pooling of signs: the maximum of -1 and +1 is OR of the bits. Taps outside the map are neutral: 0.
 *   x  [height][width][words]      y  [out_height][out_width][words], fully overwritten; must not overlap x
 */
#ifndef BNN1_MAX_POOL_B1
#define BNN1_MAX_POOL_B1
static inline void bnn1_max_pool_b1(const bnn1_pool_shape *s, const uint32_t *x, uint32_t *y)
{
    uint16_t oy, ox, ky, kx, i;
    for (oy = 0; oy < s->out_height; oy++) {
        for (ox = 0; ox < s->out_width; ox++) {
            bnn1_clear_bits(y, s->words);
            for (ky = 0; ky < s->kernel_height; ky++) {
                const int32_t iy = (int32_t)oy * s->stride_y - (int32_t)s->pad_top + (int32_t)ky * s->dilation_y;
                for (kx = 0; kx < s->kernel_width; kx++) {
                    const int32_t ix = (int32_t)ox * s->stride_x - (int32_t)s->pad_left + (int32_t)kx * s->dilation_x;
                    if (iy >= 0 && iy < (int32_t)s->height && ix >= 0 && ix < (int32_t)s->width) {
                        const uint32_t *pixel = x + ((uint32_t)iy * s->width + (uint32_t)ix) * s->words;
                        for (i = 0; i < s->words; i++) {
                            y[i] |= pixel[i];
                        }
                    }
                }
            }
            y += s->words;
        }
    }
}
#endif /* BNN1_MAX_POOL_B1 */

/* Every second bit of a word, from bit 0 on, moved together: bit 2 i goes to bit i. */
#ifndef BNN1_EVEN_BITS
#define BNN1_EVEN_BITS
static inline uint32_t bnn1_even_bits(uint32_t bits)
{
    bits &= UINT32_C(0x55555555);
    bits = (bits | (bits >> 1)) & UINT32_C(0x33333333);
    bits = (bits | (bits >> 2)) & UINT32_C(0x0F0F0F0F);
    bits = (bits | (bits >> 4)) & UINT32_C(0x00FF00FF);
    return (bits | (bits >> 8)) & UINT32_C(0xFFFF);
}
#endif /* BNN1_EVEN_BITS */

/* For the generated pools of bit planes. */
#ifndef BNN1_POOLED
#define BNN1_POOLED
#if defined(__GNUC__)
#define bnn1_pooled bnn1_fast __attribute__((noinline, unused))
#else
#define bnn1_pooled inline
#endif
#endif /* BNN1_POOLED */

/* Flips the bits of some channels in place.
 *   x     [pixels][words]     mask  [words] ROM, 1 for each channel that is flipped */
#ifndef BNN1_INVERT_B1
#define BNN1_INVERT_B1
static inline void bnn1_invert_b1(uint32_t *x, const uint32_t *mask, uint32_t pixels, uint16_t words)
{
    uint32_t pixel;
    uint16_t i;
    for (pixel = 0; pixel < pixels; pixel++) {
        for (i = 0; i < words; i++) {
            *x++ ^= bnn1_rom_u32(mask + i);
        }
    }
}
#endif /* BNN1_INVERT_B1 */

#endif /* BNN_POOL_H */
