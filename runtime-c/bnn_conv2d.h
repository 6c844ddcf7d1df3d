/* bnn_conv2d.h - two-dimensional convolutions with weights of +-1, channel-packed layout.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * Channel-packed: a map is [height][width][(channels + 31) / 32] words, so the channels of one pixel are one run.
 * Every function computes the output rows y0..y1-1 only and writes row y0 first, so a caller may keep a few rows.
 */
#ifndef BNN_CONV2D_H
#define BNN_CONV2D_H

#include "bnn_bits.h"
#include "bnn_elements.h"

/* Shape of a convolution. Sizes in elements; strides and dilations >= 1; padding before the first row and column.
 * Tap (ky, kx) of output (y, x) reads input row y * stride_y - pad_top + ky * dilation_y, column alike. */
#ifndef BNN1_CONV2D_SHAPE
#define BNN1_CONV2D_SHAPE
typedef struct {
    uint16_t height, width, channels;         /* input map */
    uint16_t out_width, out_channels;         /* output map */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_y, stride_x;
    uint16_t dilation_y, dilation_x;
    uint16_t pad_top, pad_left;
    uint16_t groups;                          /* divides channels and out_channels */
} bnn1_conv2d_shape;
#endif /* BNN1_CONV2D_SHAPE */

/* Index of the input row (or column) that a tap reads, or -1 when it is padding.
 *   size <= 32767, so every intermediate fits into 32 bits */
#ifndef BNN1_CONV2D_TAP
#define BNN1_CONV2D_TAP
static inline int32_t bnn1_conv2d_tap(uint16_t out, uint16_t stride, uint16_t pad, uint16_t k, uint16_t dilation, uint16_t size)
{
    const int32_t at = (int32_t)out * (int32_t)stride - (int32_t)pad + (int32_t)k * (int32_t)dilation;
    return at >= 0 && at < (int32_t)size ? at : -1;
}
#endif /* BNN1_CONV2D_TAP */

/* One accumulator of a convolution on bits, at one output position.
 *
 * Of n products over the taps that count, d are -1:  acc = n - 2 d. A tap outside the image
 *   pad  0   is skipped (it is neither in n nor in d);
 *   pad +-1  is a run of C equal bits: all ones (as many as channels) or all zeros.
 * acc lies in -K..K with K = kernel_height * kernel_width * channels.
 *
 *   x  map, channel-packed     w  [kernel_height][kernel_width][words] ROM, the weights of one output
 */
#ifndef BNN1_CONV2D_B1_SUM
#define BNN1_CONV2D_B1_SUM
static inline int32_t bnn1_conv2d_b1_sum(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                         uint16_t oy, uint16_t ox)
{
    const uint16_t words = (uint16_t)(((uint32_t)s->channels + 31u) >> 5);
    const uint32_t last = UINT32_C(0xFFFFFFFF) >> ((32u - (s->channels & 31u)) & 31u);
    uint32_t distance = 0;
    uint32_t pixels = 0;
    uint16_t ky, kx, i;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const uint32_t *pixel = x + ((uint32_t)iy * s->width + (uint32_t)ix) * words;
                distance += words == 1u ? bnn1_popcount(*pixel ^ bnn1_rom_u32(w)) : bnn1_distance(pixel, w, words);
                pixels++;
            } else if (pad != 0) {
                for (i = 0; i < words; i++) {
                    const uint32_t ones = i + 1u < words ? UINT32_C(0xFFFFFFFF) : last;
                    distance += bnn1_popcount((pad > 0 ? ones : 0u) ^ bnn1_rom_u32(w + i));
                }
                pixels++;
            }
            w += words;
        }
    }
    return (int32_t)(pixels * s->channels) - 2 * (int32_t)distance;
}
#endif /* BNN1_CONV2D_B1_SUM */

/* What one output position sees, tap after tap: a tap outside the map is a run of equal bits, ones for pad 1 and zeros for
 * pad -1 and 0.
 *   patch  [kernel_height][kernel_width][(channels + 31) / 32], fully overwritten */
#ifndef BNN1_CONV2D_PATCH
#define BNN1_CONV2D_PATCH
bnn1_fast static inline void bnn1_conv2d_patch(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, uint16_t oy,
                                               uint16_t ox, uint32_t *patch)
{
    const uint16_t words = (uint16_t)(((uint32_t)s->channels + 31u) >> 5);
    const uint16_t kernel_width = s->kernel_width;
    const uint32_t fill = pad > 0 ? UINT32_C(0xFFFFFFFF) : 0u;
    uint16_t ky, kx, i;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const uint32_t *pixel = x + ((uint32_t)iy * s->width + (uint32_t)ix) * words;
                for (i = 0; i < words; i++) {
                    *patch++ = *pixel++;
                }
            } else {
                for (i = 0; i < words; i++) {
                    *patch++ = fill;
                }
                patch[-1] &= UINT32_C(0xFFFFFFFF) >> ((32u - (s->channels & 31u)) & 31u);
            }
        }
    }
}
#endif /* BNN1_CONV2D_PATCH */

/* Convolution, bits in, bits out: bit o of a pixel is +1 where acc_o >= threshold[o]. groups must be 1.
 *   pad        0, +1 or -1: what a tap outside the image is
 *   x          input map           w  [out_channels][kernel_height][kernel_width][(channels + 31) / 32] ROM
 *   threshold  [out_channels] ROM, -K..K + 1 with K <= 32766
 *   y          rows y0..y1-1 of the output map, channel-packed, fully overwritten; must not overlap x
 */
#ifndef BNN1_CONV2D_B1_B1
#define BNN1_CONV2D_B1_B1
static inline void bnn1_conv2d_b1_b1(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                     const int16_t *threshold, uint16_t y0, uint16_t y1, uint32_t *y)
{
    const uint32_t words = ((uint32_t)s->channels + 31u) >> 5;
    const uint32_t row = (uint32_t)s->kernel_height * s->kernel_width * words;
    const uint32_t out_words = ((uint32_t)s->out_channels + 31u) >> 5;
    uint16_t oy, ox, o;
    for (oy = y0; oy < y1; oy++) {
        for (ox = 0; ox < s->out_width; ox++) {
            bnn1_clear_bits(y, out_words);
            for (o = 0; o < s->out_channels; o++) {
                if (bnn1_conv2d_b1_sum(s, pad, x, w + o * row, oy, ox) >= bnn1_rom_i16(threshold + o)) {
                    bnn1_set_bit(y, o);
                }
            }
            y += out_words;
        }
    }
}
#endif /* BNN1_CONV2D_B1_B1 */

/* Grouped convolution, bits in, bits out: output o sees only the channels of its group.
 *
 * The C/g channels of group j are the bits j C/g .. (j+1) C/g - 1 of a pixel. They begin at bit `first` of word `start`
 * and may end inside a word, so the weights are stored at the same bit positions, in `span` words per tap (the most that
 * any group touches), and a mask keeps the neighbours' bits out of the distance:
 *     d = sum over words of popcount((x ^ w) & mask),   acc = n - 2 d,   n = C/g per tap that counts.
 *
 *   w  [out_channels][kernel_height][kernel_width][span] ROM; the rest as bnn1_conv2d_b1_b1
 */
#ifndef BNN1_CONV2D_B1_B1_GROUPED
#define BNN1_CONV2D_B1_B1_GROUPED
static inline int32_t bnn1_conv2d_b1_group_sum(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                               uint16_t span, uint16_t group, uint16_t oy, uint16_t ox)
{
    const uint32_t words = ((uint32_t)s->channels + 31u) >> 5;
    const uint32_t size = (uint32_t)s->channels / s->groups;
    const uint32_t begin = group * size;
    const uint32_t start = begin >> 5;
    const uint32_t first = begin & 31u;
    uint32_t distance = 0;
    uint32_t pixels = 0;
    uint16_t ky, kx, i;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            const uint8_t inside = iy >= 0 && ix >= 0;
            if (inside || pad != 0) {
                uint32_t left = first + size; /* bits from the start of word `start` to the end of the group */
                const uint32_t *pixel = x + (inside ? ((uint32_t)iy * s->width + (uint32_t)ix) * words + start : 0u);
                for (i = 0; i < span && left > 0u; i++) {
                    uint32_t mask = left >= 32u ? UINT32_C(0xFFFFFFFF) : (UINT32_C(1) << left) - 1u;
                    const uint32_t bits = inside ? pixel[i] : (pad > 0 ? UINT32_C(0xFFFFFFFF) : 0u);
                    if (i == 0u) {
                        mask &= UINT32_C(0xFFFFFFFF) << first;
                    }
                    distance += bnn1_popcount((bits ^ bnn1_rom_u32(w + i)) & mask);
                    left -= left >= 32u ? 32u : left;
                }
                pixels++;
            }
            w += span;
        }
    }
    return (int32_t)(pixels * size) - 2 * (int32_t)distance;
}

static inline void bnn1_conv2d_b1_b1_grouped(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const uint32_t *w,
                                             uint16_t span, const int16_t *threshold, uint16_t y0, uint16_t y1,
                                             uint32_t *y)
{
    const uint32_t row = (uint32_t)s->kernel_height * s->kernel_width * span;
    const uint32_t out_words = ((uint32_t)s->out_channels + 31u) >> 5;
    const uint16_t per_group = (uint16_t)(s->out_channels / s->groups);
    uint16_t oy, ox, o;
    for (oy = y0; oy < y1; oy++) {
        for (ox = 0; ox < s->out_width; ox++) {
            bnn1_clear_bits(y, out_words);
            for (o = 0; o < s->out_channels; o++) {
                const uint16_t group = (uint16_t)(o / per_group);
                if (bnn1_conv2d_b1_group_sum(s, pad, x, w + o * row, span, group, oy, ox) >= bnn1_rom_i16(threshold + o)) {
                    bnn1_set_bit(y, o);
                }
            }
            y += out_words;
        }
    }
}
#endif /* BNN1_CONV2D_B1_B1_GROUPED */

/* One accumulator of a convolution on bytes, at one output position, without scratch: see bnn1_conv2d_8bit_b1.
 *   w  [(taps + 31) / 32] ROM, the signs of output o */
#ifndef BNN1_CONV2D_8BIT_AT
#define BNN1_CONV2D_8BIT_AT
static inline int32_t bnn1_conv2d_8bit_at(const bnn1_conv2d_shape *s, int32_t pad, uint8_t flip, const unsigned char *x,
                                          const int32_t *scale, const uint32_t *w, uint16_t oy, uint16_t ox, uint16_t o)
{
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    const uint32_t begin = (uint32_t)(o / (s->out_channels / s->groups)) * size;
    int32_t acc = 0;
    uint32_t tap = 0;
    uint16_t ky, kx, c;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            for (c = 0; c < size; c++) {
                int32_t term = pad;
                if (iy >= 0 && ix >= 0) {
                    term = bnn1_byte_at(x, flip, ((uint32_t)iy * s->width + (uint32_t)ix) * s->channels + begin + c);
                    if (scale) {
                        term = bnn1_rom_i32(scale + begin + c) * term + bnn1_rom_i32(scale + s->channels + begin + c);
                    }
                }
                acc += bnn1_rom_flag(w, tap) ? term : -term;
                tap++;
            }
        }
    }
    return acc;
}
#endif /* BNN1_CONV2D_8BIT_AT */

/* First layer: convolution, bytes in, bits out.
 *
 * A byte b of channel c means q = (b ^ flip) - flip (flip 0: 0..255, flip 0x80: -128..127), and its term is
 *     t = multiplier[c] * q + addend[c],     a tap outside the image has the term pad.
 * Terms are gathered once per output position into `patch`; then for every output
 *     acc = sum of +-t,   bit = acc >= threshold.
 * The compiler has shown that |acc| < 2^31 for every input. With scale 0 the tables are not read and t = q.
 *
 *   x          [height][width][channels] bytes
 *   scale      [2][channels] ROM: multipliers, then addends; or a null pointer for t = q
 *   w          [out_channels][(taps + 31) / 32] ROM, taps = kernel_height * kernel_width * channels / groups, in the order
 *              (ky, kx, channel of the group)
 *   threshold  [out_channels] ROM
 *   patch      [taps] scratch
 *   y          rows y0..y1-1 of the output map, channel-packed, fully overwritten
 */
#ifndef BNN1_CONV2D_8BIT_B1
#define BNN1_CONV2D_8BIT_B1
static inline void bnn1_conv2d_8bit_gather(const bnn1_conv2d_shape *s, int32_t pad, uint8_t flip, const unsigned char *x,
                                           const int32_t *scale, uint16_t group, uint16_t oy, uint16_t ox, int32_t *patch)
{
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    const uint32_t begin = (uint32_t)group * size;
    uint16_t ky, kx, c;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            for (c = 0; c < size; c++) {
                int32_t term = pad;
                if (iy >= 0 && ix >= 0) {
                    const uint32_t at = ((uint32_t)iy * s->width + (uint32_t)ix) * s->channels + begin + c;
                    term = (int32_t)(uint8_t)(x[at] ^ flip) - (int32_t)flip;
                    if (scale) {
                        term = bnn1_rom_i32(scale + begin + c) * term + bnn1_rom_i32(scale + s->channels + begin + c);
                    }
                }
                *patch++ = term;
            }
        }
    }
}

static inline int32_t bnn1_conv2d_8bit_sum(const int32_t *patch, const uint32_t *w, uint16_t taps)
{
    int32_t acc = 0;
    uint32_t signs = 0;
    uint16_t i;
    for (i = 0; i < taps; i++) {
        if ((i & 31u) == 0u) {
            signs = bnn1_rom_u32(w + (i >> 5));
        }
        acc += (signs & 1u) != 0u ? patch[i] : -patch[i];
        signs >>= 1;
    }
    return acc;
}

static inline void bnn1_conv2d_8bit_b1(const bnn1_conv2d_shape *s, int32_t pad, uint8_t flip, const unsigned char *x,
                                       const int32_t *scale, const uint32_t *w, const int32_t *threshold, int32_t *patch,
                                       uint16_t y0, uint16_t y1, uint32_t *y)
{
    const uint16_t taps = (uint16_t)((uint32_t)s->kernel_height * s->kernel_width * (uint32_t)(s->channels / s->groups));
    const uint32_t row = ((uint32_t)taps + 31u) >> 5;
    const uint32_t out_words = ((uint32_t)s->out_channels + 31u) >> 5;
    const uint16_t per_group = (uint16_t)(s->out_channels / s->groups);
    uint16_t oy, ox, group, o;
    for (oy = y0; oy < y1; oy++) {
        for (ox = 0; ox < s->out_width; ox++) {
            bnn1_clear_bits(y, out_words);
            for (group = 0; group < s->groups; group++) {
                bnn1_conv2d_8bit_gather(s, pad, flip, x, scale, group, oy, ox, patch);
                for (o = (uint16_t)(group * per_group); o < (uint16_t)((group + 1u) * per_group); o++) {
                    if (bnn1_conv2d_8bit_sum(patch, w + o * row, taps) >= bnn1_rom_i32(threshold + o)) {
                        bnn1_set_bit(y, o);
                    }
                }
            }
            y += out_words;
        }
    }
}
#endif /* BNN1_CONV2D_8BIT_B1 */

#endif /* BNN_CONV2D_H */
