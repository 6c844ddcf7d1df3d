/* bnn_pool_elements.h - one element of a pool over maps of int32, float, bytes or bits.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * Geometry as in bnn1_pool_shape; `words` is the number of words (bytes in maps of bytes) from one pixel to the next. Taps outside
 * the map are neutral. Every window has a tap inside, because padding is smaller than the window.
 */
#ifndef BNN_POOL_ELEMENTS_H
#define BNN_POOL_ELEMENTS_H

#include "bnn_conv2d.h"
#include "bnn_elements.h"
#include "bnn_pool.h"

/* Largest (minimum 0) or smallest (minimum 1) int32 of a window.   x  [height][width][channels] */
#ifndef BNN1_MAX_POOL_I32_AT
#define BNN1_MAX_POOL_I32_AT
static inline int32_t bnn1_max_pool_i32_at(const bnn1_pool_shape *s, uint8_t minimum, const uint32_t *x, uint16_t oy, uint16_t ox,
                                           uint16_t o)
{
    int32_t best = 0;
    uint8_t any = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const int32_t value = (int32_t)x[((uint32_t)iy * s->width + (uint32_t)ix) * s->words + o];
                if (!any || (minimum ? value < best : value > best)) {
                    best = value;
                    any = 1;
                }
            }
        }
    }
    return best;
}
#endif /* BNN1_MAX_POOL_I32_AT */

/* Largest or smallest float of a window; of equal ones the first.   x  [height][width][channels] */
#ifndef BNN1_MAX_POOL_F32_AT
#define BNN1_MAX_POOL_F32_AT
static inline float bnn1_max_pool_f32_at(const bnn1_pool_shape *s, uint8_t minimum, const uint32_t *x, uint16_t oy, uint16_t ox,
                                         uint16_t o)
{
    float best = 0.0f;
    uint8_t any = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const float value = bnn1_load_f32(x + ((uint32_t)iy * s->width + (uint32_t)ix) * s->words + o);
                if (!any || (minimum ? value < best : value > best)) {
                    best = value;
                    any = 1;
                }
            }
        }
    }
    return best;
}
#endif /* BNN1_MAX_POOL_F32_AT */

/* Largest or smallest byte of a window.   x  [height][width][channels] bytes, flip as in bnn1_byte_at */
#ifndef BNN1_MAX_POOL_8BIT_AT
#define BNN1_MAX_POOL_8BIT_AT
static inline int32_t bnn1_max_pool_8bit_at(const bnn1_pool_shape *s, uint8_t minimum, uint8_t flip, const unsigned char *x,
                                            uint16_t oy, uint16_t ox, uint16_t o)
{
    int32_t best = 0;
    uint8_t any = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                const int32_t value = bnn1_byte_at(x, flip, ((uint32_t)iy * s->width + (uint32_t)ix) * s->words + o);
                if (!any || (minimum ? value < best : value > best)) {
                    best = value;
                    any = 1;
                }
            }
        }
    }
    return best;
}
#endif /* BNN1_MAX_POOL_8BIT_AT */

/* Sum of the int32, bytes or signs of a window without padding; the compiler has shown that it fits into 32 bits. */
#ifndef BNN1_SUM_POOL_I32_AT
#define BNN1_SUM_POOL_I32_AT
static inline int32_t bnn1_sum_pool_i32_at(const bnn1_pool_shape *s, const uint32_t *x, uint16_t oy, uint16_t ox, uint16_t o)
{
    int32_t sum = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const uint32_t iy = (uint32_t)oy * s->stride_y + (uint32_t)ky * s->dilation_y;
        for (kx = 0; kx < s->kernel_width; kx++) {
            const uint32_t ix = (uint32_t)ox * s->stride_x + (uint32_t)kx * s->dilation_x;
            sum += (int32_t)x[(iy * s->width + ix) * s->words + o];
        }
    }
    return sum;
}
#endif /* BNN1_SUM_POOL_I32_AT */

#ifndef BNN1_SUM_POOL_8BIT_AT
#define BNN1_SUM_POOL_8BIT_AT
static inline int32_t bnn1_sum_pool_8bit_at(const bnn1_pool_shape *s, uint8_t flip, const unsigned char *x, uint16_t oy, uint16_t ox,
                                            uint16_t o)
{
    int32_t sum = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const uint32_t iy = (uint32_t)oy * s->stride_y + (uint32_t)ky * s->dilation_y;
        for (kx = 0; kx < s->kernel_width; kx++) {
            const uint32_t ix = (uint32_t)ox * s->stride_x + (uint32_t)kx * s->dilation_x;
            sum += bnn1_byte_at(x, flip, (iy * s->width + ix) * s->words + o);
        }
    }
    return sum;
}
#endif /* BNN1_SUM_POOL_8BIT_AT */

#ifndef BNN1_SUM_POOL_B1_AT
#define BNN1_SUM_POOL_B1_AT
static inline int32_t bnn1_sum_pool_b1_at(const bnn1_pool_shape *s, const uint32_t *x, uint16_t oy, uint16_t ox, uint16_t o)
{
    int32_t sum = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const uint32_t iy = (uint32_t)oy * s->stride_y + (uint32_t)ky * s->dilation_y;
        for (kx = 0; kx < s->kernel_width; kx++) {
            const uint32_t ix = (uint32_t)ox * s->stride_x + (uint32_t)kx * s->dilation_x;
            sum += bnn1_sign_at(x + (iy * s->width + ix) * s->words, o);
        }
    }
    return sum;
}
#endif /* BNN1_SUM_POOL_B1_AT */

/* Mean of the floats of a window: the sum in the order (ky, kx), rounded after each addition, then one division by the number of
 * taps inside the map, or by that of all taps where padding counts.   x  [height][width][channels] */
#ifndef BNN1_AVERAGE_POOL_F32_AT
#define BNN1_AVERAGE_POOL_F32_AT
static inline float bnn1_average_pool_f32_at(const bnn1_pool_shape *s, uint8_t count_padding, const uint32_t *x, uint16_t oy,
                                             uint16_t ox, uint16_t o)
{
    float sum = 0.0f;
    uint32_t count = 0;
    uint16_t ky, kx;
    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = bnn1_conv2d_tap(oy, s->stride_y, s->pad_top, ky, s->dilation_y, s->height);
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = bnn1_conv2d_tap(ox, s->stride_x, s->pad_left, kx, s->dilation_x, s->width);
            if (iy >= 0 && ix >= 0) {
                sum += bnn1_load_f32(x + ((uint32_t)iy * s->width + (uint32_t)ix) * s->words + o);
                count++;
            }
        }
    }
    if (count_padding) {
        count = (uint32_t)s->kernel_height * s->kernel_width;
    }
    return sum / (float)count;
}
#endif /* BNN1_AVERAGE_POOL_F32_AT */

#endif /* BNN_POOL_ELEMENTS_H */
