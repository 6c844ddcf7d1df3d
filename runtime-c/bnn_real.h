/* bnn_real.h - layers of real numbers: one sum at a time, in float, in a stated order.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * A sum starts at +0 and takes the taps in the order (ky, kx, channel); each product and each addition is rounded to float
 * (round to nearest even), as the reference does, so that every core gives the same bits. Taps outside the map are worth
 * `pad` (0, +1 or -1). A tap of 0 is skipped: s + 0 = s for every s that such a sum can reach, because a sum that started at +0
 * is never -0.
 */
#ifndef BNN_REAL_H
#define BNN_REAL_H

#include "bnn_conv2d.h"
#include "bnn_elements.h"

/* One output of a dense layer with real weights.
 *   x  [taps] floats of the workspace     w  [taps] ROM     bias is added by the caller */
#ifndef BNN1_DENSE_F32_SUM
#define BNN1_DENSE_F32_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_dense_f32_sum(const uint32_t *x, const float *w, uint16_t taps)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    float sum = 0.0f;
    uint16_t i;
    for (i = 0; i < taps; i++) {
        sum += bnn1_rom_f32(w + i) * bnn1_load_f32(x + i);
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_DENSE_F32_SUM */

/* One output of a dense layer with weights of -alpha, 0 and +alpha on real numbers: additions and subtractions of alpha x,
 * rounded once (negation is exact, so (-alpha) x = -(alpha x)).
 *   x      [taps] floats of the workspace
 *   signs  [(taps + 31) / 32] ROM, bit i is 1 where weight i is +alpha
 *   used   [(taps + 31) / 32] ROM, bit i is 0 where weight i is 0; a null pointer where none is */
#ifndef BNN1_DENSE_F32_TERNARY_SUM
#define BNN1_DENSE_F32_TERNARY_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_dense_f32_ternary_sum(const uint32_t *x, float alpha, const uint32_t *signs, const uint32_t *used,
                                               uint16_t taps)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    float sum = 0.0f;
    uint16_t i;
    for (i = 0; i < taps; i++) {
        if (!used || bnn1_rom_flag(used, i)) {
            const float product = alpha * bnn1_load_f32(x + i);
            sum = bnn1_rom_flag(signs, i) ? sum + product : sum - product;
        }
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_DENSE_F32_TERNARY_SUM */

/* One output of a dense layer with real weights on bytes: value[b] is what a byte b is worth.
 *   x  [taps] bytes     value  [256] ROM     w  [taps] ROM */
#ifndef BNN1_DENSE_8BIT_F32_SUM
#define BNN1_DENSE_8BIT_F32_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_dense_8bit_f32_sum(const unsigned char *x, const float *value, const float *w, uint16_t taps)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    float sum = 0.0f;
    uint16_t i;
    for (i = 0; i < taps; i++) {
        sum += bnn1_rom_f32(w + i) * bnn1_rom_f32(value + x[i]);
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_DENSE_8BIT_F32_SUM */

/* One output of a convolution with real weights, at one position.
 *   x  [height][width][channels] floats of the workspace
 *   w  [kernel_height][kernel_width][channels / groups] ROM, the weights of output o */
#ifndef BNN1_CONV2D_F32_SUM
#define BNN1_CONV2D_F32_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_conv2d_f32_sum(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, const float *w,
                                        uint16_t oy, uint16_t ox, uint16_t o)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    const uint32_t begin = (uint32_t)(o / (s->out_channels / s->groups)) * size;
    float sum = 0.0f;
    uint16_t ky, kx, c;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const uint32_t *pixel = x + ((uint32_t)iy * s->width + (uint32_t)ix) * s->channels + begin;
                for (c = 0; c < size; c++) {
                    sum += bnn1_rom_f32(w + c) * bnn1_load_f32(pixel + c);
                }
            } else if (pad != 0) {
                for (c = 0; c < size; c++) {
                    sum += bnn1_rom_f32(w + c) * (float)pad;
                }
            }
            w += size;
        }
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_CONV2D_F32_SUM */

/* One output of a convolution with weights of -alpha, 0 and +alpha on real numbers, at one position: the weights of one filter as
 * in bnn1_dense_f32_ternary_sum, in the order (ky, kx, channel of the group); x as in bnn1_conv2d_f32_sum. */
#ifndef BNN1_CONV2D_F32_TERNARY_SUM
#define BNN1_CONV2D_F32_TERNARY_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_conv2d_f32_ternary_sum(const bnn1_conv2d_shape *s, int8_t pad, const uint32_t *x, float alpha,
                                                const uint32_t *signs, const uint32_t *used, uint16_t oy, uint16_t ox,
                                                uint16_t o)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    const uint32_t begin = (uint32_t)(o / (s->out_channels / s->groups)) * size;
    float sum = 0.0f;
    uint32_t tap = 0;
    uint16_t ky, kx, c;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            const uint8_t inside = iy >= 0 && ix >= 0;
            const uint32_t *pixel = x + (inside ? ((uint32_t)iy * s->width + (uint32_t)ix) * s->channels + begin : 0u);
            for (c = 0; c < size && (inside || pad != 0); c++) {
                if (!used || bnn1_rom_flag(used, tap + c)) {
                    const float product = alpha * (inside ? bnn1_load_f32(pixel + c) : (float)pad);
                    sum = bnn1_rom_flag(signs, tap + c) ? sum + product : sum - product;
                }
            }
            tap += size;
        }
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_CONV2D_F32_TERNARY_SUM */

/* One output of a convolution with real weights on bytes, at one position.
 *   x      [height][width][channels] bytes
 *   value  [values][256] ROM: what a byte is worth, for all channels (values 1) or for each (values = channels) */
#ifndef BNN1_CONV2D_8BIT_F32_SUM
#define BNN1_CONV2D_8BIT_F32_SUM
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_conv2d_8bit_f32_sum(const bnn1_conv2d_shape *s, int8_t pad, const unsigned char *x, const float *value,
                                             uint16_t values, const float *w, uint16_t oy, uint16_t ox, uint16_t o)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    const uint16_t size = (uint16_t)(s->channels / s->groups);
    const uint32_t begin = (uint32_t)(o / (s->out_channels / s->groups)) * size;
    float sum = 0.0f;
    uint16_t ky, kx, c;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const unsigned char *pixel = x + ((uint32_t)iy * s->width + (uint32_t)ix) * s->channels + begin;
                for (c = 0; c < size; c++) {
                    const float *row = value + (values > 1u ? (begin + c) * 256u : 0u);
                    sum += bnn1_rom_f32(w + c) * bnn1_rom_f32(row + pixel[c]);
                }
            } else if (pad != 0) {
                for (c = 0; c < size; c++) {
                    sum += bnn1_rom_f32(w + c) * (float)pad;
                }
            }
            w += size;
        }
    }
    return sum;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_CONV2D_8BIT_F32_SUM */

#endif /* BNN_REAL_H */
