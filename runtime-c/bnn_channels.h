/* bnn_channels.h - maps whose channels are taken apart, joined and masked.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_CHANNELS_H
#define BNN_CHANNELS_H

#include "bnn_bits.h"

/* Copies bits from, from + 1, ... of x to bits to, to + 1, ... of y, a word of y at a time: the next n bits of x are the top of
 * one word and, where they reach over its end, the bottom of the following one. Bits of y before `to` stay, the bits behind
 * the copied ones in their last word become 0.
 *   x  at least from + count bits      count  0 or more      y  at least to + count bits; must not overlap x */
#ifndef BNN1_COPY_BITS
#define BNN1_COPY_BITS
static inline void bnn1_copy_bits(const uint32_t *x, uint32_t from, uint32_t count, uint32_t *y, uint32_t to)
{
    x += from >> 5;
    from &= 31u;
    y += to >> 5;
    to &= 31u;
    while (count > 0u) {
        const uint32_t n = count < 32u - to ? count : 32u - to;
        uint32_t bits = *x >> from;
        if (from + n > 32u) {
            bits |= x[1] << (32u - from);
        }
        bits &= UINT32_C(0xFFFFFFFF) >> (32u - n);
        *y = to == 0u ? bits : (*y & (UINT32_C(0xFFFFFFFF) >> (32u - to))) | (bits << to);
        y++;
        to = 0;
        count -= n;
        from += n;
        x += from >> 5;
        from &= 31u;
    }
}
#endif /* BNN1_COPY_BITS */

/* One part of a join of channel-packed maps: its channels become the channels from `first` on. Parts are joined in order; each
 * writes the rest of its last word, so that the last one leaves unused bits 0.
 *   x  [pixels][(channels + 31) / 32]      y  [pixels][words]; must not overlap x */
#ifndef BNN1_CONCAT_B1
#define BNN1_CONCAT_B1
static inline void bnn1_concat_b1(const uint32_t *x, uint32_t channels, uint32_t pixels, uint32_t *y, uint32_t words, uint32_t first)
{
    uint32_t pixel;
    for (pixel = 0; pixel < pixels; pixel++) {
        bnn1_copy_bits(x, 0, channels, y, first);
        x += (channels + 31u) >> 5;
        y += words;
    }
}
#endif /* BNN1_CONCAT_B1 */

/* One part of a join of maps in bit planes: the planes of a part follow each other.
 *   x  [words]     words  planes of the part times words of a plane     y  first plane of the part */
#ifndef BNN1_CONCAT_PLANES_B1
#define BNN1_CONCAT_PLANES_B1
static inline void bnn1_concat_planes_b1(const uint32_t *x, uint32_t words, uint32_t *y)
{
    uint32_t i;
    for (i = 0; i < words; i++) {
        y[i] = x[i];
    }
}
#endif /* BNN1_CONCAT_PLANES_B1 */

/* Some rows, columns and channels of a map [..][width][channels]: row r of the result is row first_row + r * row_step, and so on.
 * All ranges end inside the map. A vector is a map of one pixel. */
#ifndef BNN1_SLICE_SHAPE
#define BNN1_SLICE_SHAPE
typedef struct {
    uint32_t width, channels;
    uint32_t out_height, out_width, out_channels;
    uint32_t first_row, row_step;
    uint32_t first_column, column_step;
    uint32_t first_channel, channel_step;
} bnn1_slice_shape;

/* Number of the input pixel that becomes pixel (row, column). */
static inline uint32_t bnn1_slice_pixel(const bnn1_slice_shape *s, uint32_t row, uint32_t column)
{
    return (s->first_row + row * s->row_step) * s->width + s->first_column + column * s->column_step;
}
#endif /* BNN1_SLICE_SHAPE */

/* A slice of a channel-packed map.
 *   x  [..][width][(channels + 31) / 32]      y  [out_height][out_width][(out_channels + 31) / 32], fully overwritten */
#ifndef BNN1_SLICE_B1
#define BNN1_SLICE_B1
static inline void bnn1_slice_b1(const bnn1_slice_shape *s, const uint32_t *x, uint32_t *y)
{
    const uint32_t words = (s->channels + 31u) >> 5;
    const uint32_t out_words = (s->out_channels + 31u) >> 5;
    uint32_t row, column, c;
    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const uint32_t *pixel = x + bnn1_slice_pixel(s, row, column) * words;
            if (s->channel_step == 1u) {
                bnn1_copy_bits(pixel, s->first_channel, s->out_channels, y, 0);
            } else {
                uint32_t at = s->first_channel;
                bnn1_clear_bits(y, out_words);
                for (c = 0; c < s->out_channels; c++) {
                    if (((pixel[at >> 5] >> (at & 31u)) & 1u) != 0u) {
                        bnn1_set_bit(y, c);
                    }
                    at += s->channel_step;
                }
            }
            y += out_words;
        }
    }
}
#endif /* BNN1_SLICE_B1 */

/* A slice of a map in bit planes (32 lanes) that keeps all columns.
 *   plane  words of a plane of x
 *   x      [channels][height][(width + 31) / 32]     y  [out_channels][out_height][(width + 31) / 32], fully overwritten */
#ifndef BNN1_SLICE_PLANES_B1
#define BNN1_SLICE_PLANES_B1
static inline void bnn1_slice_planes_b1(const bnn1_slice_shape *s, uint32_t plane, const uint32_t *x, uint32_t *y)
{
    const uint32_t words = (s->width + 31u) >> 5;
    uint32_t row, c, i;
    for (c = 0; c < s->out_channels; c++) {
        const uint32_t *from = x + (s->first_channel + c * s->channel_step) * plane + s->first_row * words;
        for (row = 0; row < s->out_height; row++) {
            for (i = 0; i < words; i++) {
                *y++ = from[i];
            }
            from += s->row_step * words;
        }
    }
}
#endif /* BNN1_SLICE_PLANES_B1 */

/* A slice of bytes.
 *   x  [..][width][channels]      y  [out_height][out_width][out_channels], fully overwritten */
#ifndef BNN1_SLICE_8BIT
#define BNN1_SLICE_8BIT
static inline void bnn1_slice_8bit(const bnn1_slice_shape *s, const unsigned char *x, unsigned char *y)
{
    uint32_t row, column, c;
    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const unsigned char *pixel = x + bnn1_slice_pixel(s, row, column) * s->channels + s->first_channel;
            for (c = 0; c < s->out_channels; c++) {
                *y++ = pixel[c * s->channel_step];
            }
        }
    }
}
#endif /* BNN1_SLICE_8BIT */

/* A slice of words, each an int32 or a float.
 *   x  [..][width][channels]      y  [out_height][out_width][out_channels], fully overwritten */
#ifndef BNN1_SLICE_32BIT
#define BNN1_SLICE_32BIT
static inline void bnn1_slice_32bit(const bnn1_slice_shape *s, const uint32_t *x, uint32_t *y)
{
    uint32_t row, column, c;
    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const uint32_t *pixel = x + bnn1_slice_pixel(s, row, column) * s->channels + s->first_channel;
            for (c = 0; c < s->out_channels; c++) {
                *y++ = pixel[c * s->channel_step];
            }
        }
    }
}
#endif /* BNN1_SLICE_32BIT */

/* One part of a join of maps of bytes, or of words: its channels become those from the one on that y points to.
 *   x  [pixels][channels]      y  [pixels][out_channels], from the first channel of this part on; must not overlap x */
#ifndef BNN1_CONCAT_8BIT
#define BNN1_CONCAT_8BIT
static inline void bnn1_concat_8bit(const unsigned char *x, uint32_t channels, uint32_t pixels, unsigned char *y, uint32_t out_channels)
{
    uint32_t pixel, c;
    for (pixel = 0; pixel < pixels; pixel++) {
        for (c = 0; c < channels; c++) {
            y[c] = *x++;
        }
        y += out_channels;
    }
}
#endif /* BNN1_CONCAT_8BIT */

#ifndef BNN1_CONCAT_32BIT
#define BNN1_CONCAT_32BIT
static inline void bnn1_concat_32bit(const uint32_t *x, uint32_t channels, uint32_t pixels, uint32_t *y, uint32_t out_channels)
{
    uint32_t pixel, c;
    for (pixel = 0; pixel < pixels; pixel++) {
        for (c = 0; c < channels; c++) {
            y[c] = *x++;
        }
        y += out_channels;
    }
}
#endif /* BNN1_CONCAT_32BIT */

/* The sign of bits in place, channel by channel: the bit, its inverse or a constant, (bit & keep) ^ flip.
 *   x     [pixels][words]      keep, flip  [words] ROM */
#ifndef BNN1_THRESHOLD_B1
#define BNN1_THRESHOLD_B1
static inline void bnn1_threshold_b1(uint32_t *x, const uint32_t *keep, const uint32_t *flip, uint32_t pixels, uint16_t words)
{
    uint32_t pixel;
    uint16_t i;
    for (pixel = 0; pixel < pixels; pixel++) {
        for (i = 0; i < words; i++) {
            *x = (*x & bnn1_rom_u32(keep + i)) ^ bnn1_rom_u32(flip + i);
            x++;
        }
    }
}
#endif /* BNN1_THRESHOLD_B1 */

#endif /* BNN_CHANNELS_H */
