/* bnn_layout.h - from input elements to bits, and between the layouts of bits.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * A tensor of bits is a sequence of runs, each starting in a new word. One run may be the channels of a pixel (channel-packed)
 * or a whole vector (a stream).
 */
#ifndef BNN_LAYOUT_H
#define BNN_LAYOUT_H

#include "bnn_bits.h"

/* Bytes to bits: element i, of channel c = i % channels, becomes +1 where rising[c] ? q >= threshold[c] : q <= threshold[c],
 * with q = (byte ^ flip) - flip (flip 0: 0..255, flip 0x80: -128..127).
 *   x          [runs][run] bytes        y  [runs][(run + 31) / 32], fully overwritten
 *   threshold  [channels] ROM, -32768..32767     rising  [channels] ROM, 1 or 0
 */
#ifndef BNN1_THRESHOLD_8BIT_B1
#define BNN1_THRESHOLD_8BIT_B1
static inline void bnn1_threshold_8bit_b1(const unsigned char *x, uint8_t flip, const int16_t *threshold, const uint16_t *rising,
                                          uint16_t channels, uint32_t runs, uint32_t run, uint32_t *y)
{
    const uint32_t words = (run + 31u) >> 5;
    uint32_t r, i;
    uint16_t c = 0;
    for (r = 0; r < runs; r++) {
        bnn1_clear_bits(y, words);
        for (i = 0; i < run; i++) {
            const int16_t q = (int16_t)((int16_t)(uint8_t)(*x++ ^ flip) - (int16_t)flip);
            const int16_t limit = bnn1_rom_i16(threshold + c);
            if (bnn1_rom_u16(rising + c) != 0u ? q >= limit : q <= limit) {
                bnn1_set_bit(y, i);
            }
            if (++c == channels) {
                c = 0;
            }
        }
        y += words;
    }
}
#endif /* BNN1_THRESHOLD_8BIT_B1 */

/* Bits from runs of one length to runs of another, the order of elements kept; from_run * from_runs = to_run * to_runs.
 *   x  [..][(from_run + 31) / 32]     y  [to_runs][(to_run + 31) / 32], fully overwritten; must not overlap x */
#ifndef BNN1_REPACK_B1
#define BNN1_REPACK_B1
static inline void bnn1_repack_b1(const uint32_t *x, uint32_t from_run, uint32_t to_run, uint32_t to_runs, uint32_t *y)
{
    const uint32_t from_words = (from_run + 31u) >> 5;
    const uint32_t to_words = (to_run + 31u) >> 5;
    uint32_t r, i;
    uint32_t at = 0;
    for (r = 0; r < to_runs; r++) {
        bnn1_clear_bits(y, to_words);
        for (i = 0; i < to_run; i++) {
            if (((x[at >> 5] >> (at & 31u)) & 1u) != 0u) {
                bnn1_set_bit(y, i);
            }
            if (++at == from_run) {
                at = 0;
                x += from_words;
            }
        }
        y += to_words;
    }
}
#endif /* BNN1_REPACK_B1 */

/* Bit planes: [channels][words of a plane]. A row takes `lanes` bits (8, 16 or 32), so a word holds 32 / lanes rows; a row of more
 * than 32 columns takes (width + 31) / 32 words with 32 lanes each. Unused bits are 0. The functions below give the words of a
 * plane, and word and bit of an element of one. */
#ifndef BNN1_PLANE_PLACE
#define BNN1_PLANE_PLACE
static inline uint32_t bnn1_plane_words(uint16_t height, uint16_t width, uint8_t lanes)
{
    const uint32_t rows = 32u / lanes;
    return ((height + rows - 1u) / rows) * (((uint32_t)width + 31u) >> 5);
}

static inline uint32_t bnn1_plane_at(uint16_t row, uint16_t column, uint16_t width, uint8_t lanes)
{
    const uint32_t rows = 32u / lanes;
    return (row / rows) * (((uint32_t)width + 31u) >> 5) + ((uint32_t)column >> 5);
}

static inline uint32_t bnn1_plane_bit(uint16_t row, uint16_t column, uint8_t lanes)
{
    return (row % (32u / lanes)) * lanes + (column & 31u);
}
#endif /* BNN1_PLANE_PLACE */

/* Transposes 32 words of 32 bits: bit i of word k becomes bit k of word i (Warren, Hacker's Delight, section 7-3). */
#ifndef BNN1_TRANSPOSE
#define BNN1_TRANSPOSE
bnn1_fast static inline void bnn1_transpose(uint32_t *words)
{
    uint32_t mask = UINT32_C(0x0000FFFF);
    uint8_t distance, k;
    for (distance = 16; distance != 0u; distance = (uint8_t)(distance >> 1)) {
        for (k = 0; k < 32u; k = (uint8_t)(((k | distance) + 1u) & ~(uint32_t)distance)) {
            const uint32_t swapped = ((words[k] >> distance) ^ words[k | distance]) & mask;
            words[k] ^= swapped << distance;
            words[k | distance] ^= swapped;
        }
        mask ^= mask << (distance >> 1);
    }
}
#endif /* BNN1_TRANSPOSE */

/* Channel-packed map to bit planes and back, 32 channels of 32 columns at a time.
 *   packed  [height][width][(channels + 31) / 32]     planes  see BNN1_PLANE_PLACE; the result is fully overwritten */
#ifndef BNN1_PLANES_OF_PACKED
#define BNN1_PLANES_OF_PACKED
static inline void bnn1_planes_from_packed(const uint32_t *packed, uint16_t height, uint16_t width, uint16_t channels, uint8_t lanes,
                                           uint32_t *planes)
{
    const uint32_t words = ((uint32_t)channels + 31u) >> 5;
    const uint32_t plane = bnn1_plane_words(height, width, lanes);
    uint32_t square[32];
    uint32_t row, column, block, i;
    bnn1_clear_bits(planes, channels * plane);
    for (row = 0; row < height; row++) {
        for (column = 0; column < width; column += 32u) {
            const uint32_t at = bnn1_plane_at((uint16_t)row, (uint16_t)column, width, lanes);
            const uint32_t bit = bnn1_plane_bit((uint16_t)row, (uint16_t)column, lanes);
            for (block = 0; block < words; block++) {
                const uint32_t columns = width - column < 32u ? width - column : 32u;
                const uint32_t here = channels - block * 32u < 32u ? channels - block * 32u : 32u;
                const uint32_t *from = packed + (row * width + column) * words + block;
                uint32_t *to = planes + block * 32u * plane + at;
                for (i = 0; i < 32u; i++) {
                    square[i] = i < columns ? from[i * words] : 0u;
                }
                bnn1_transpose(square);
                for (i = 0; i < here; i++) {
                    to[i * plane] |= square[i] << bit;
                }
            }
        }
    }
}

static inline void bnn1_packed_from_planes(const uint32_t *planes, uint16_t height, uint16_t width, uint16_t channels, uint8_t lanes,
                                           uint32_t *packed)
{
    const uint32_t words = ((uint32_t)channels + 31u) >> 5;
    const uint32_t plane = bnn1_plane_words(height, width, lanes);
    uint32_t square[32];
    uint32_t row, column, block, i;
    for (row = 0; row < height; row++) {
        for (column = 0; column < width; column += 32u) {
            const uint32_t at = bnn1_plane_at((uint16_t)row, (uint16_t)column, width, lanes);
            const uint32_t bit = bnn1_plane_bit((uint16_t)row, (uint16_t)column, lanes);
            for (block = 0; block < words; block++) {
                const uint32_t columns = width - column < 32u ? width - column : 32u;
                const uint32_t here = channels - block * 32u < 32u ? channels - block * 32u : 32u;
                const uint32_t *from = planes + block * 32u * plane + at;
                uint32_t *to = packed + (row * width + column) * words + block;
                for (i = 0; i < 32u; i++) {
                    square[i] = i < here ? from[i * plane] >> bit : 0u;
                }
                bnn1_transpose(square);
                for (i = 0; i < columns; i++) {
                    to[i * words] = square[i];
                }
            }
        }
    }
}
#endif /* BNN1_PLANES_OF_PACKED */

/* Runs to bit planes; elements of the runs are in the order (row, column, channel).
 *   x    [..][(run + 31) / 32]     run  elements of a run: channels (channel-packed), all of them (a stream), ...
 *   y    fully overwritten; must not overlap x */
#ifndef BNN1_PLANES_FROM_RUNS
#define BNN1_PLANES_FROM_RUNS
static inline void bnn1_planes_from_runs(const uint32_t *x, uint32_t run, uint16_t height, uint16_t width, uint16_t channels,
                                         uint8_t lanes, uint32_t *y)
{
    const uint32_t words = (run + 31u) >> 5;
    const uint32_t plane = bnn1_plane_words(height, width, lanes);
    uint32_t at = 0;
    uint16_t row, column, c;
    bnn1_clear_bits(y, channels * plane);
    for (row = 0; row < height; row++) {
        for (column = 0; column < width; column++) {
            const uint32_t bit = bnn1_plane_bit(row, column, lanes);
            uint32_t *to = y + bnn1_plane_at(row, column, width, lanes);
            for (c = 0; c < channels; c++) {
                *to |= ((x[at >> 5] >> (at & 31u)) & 1u) << bit;
                to += plane;
                if (++at == run) {
                    at = 0;
                    x += words;
                }
            }
        }
    }
}
#endif /* BNN1_PLANES_FROM_RUNS */

/* The inverse of bnn1_planes_from_runs. */
#ifndef BNN1_RUNS_FROM_PLANES
#define BNN1_RUNS_FROM_PLANES
static inline void bnn1_runs_from_planes(const uint32_t *x, uint32_t run, uint16_t height, uint16_t width, uint16_t channels,
                                         uint8_t lanes, uint32_t *y)
{
    const uint32_t words = (run + 31u) >> 5;
    const uint32_t plane = bnn1_plane_words(height, width, lanes);
    uint32_t at = 0;
    uint16_t row, column, c;
    for (row = 0; row < height; row++) {
        for (column = 0; column < width; column++) {
            const uint32_t bit = bnn1_plane_bit(row, column, lanes);
            const uint32_t *from = x + bnn1_plane_at(row, column, width, lanes);
            for (c = 0; c < channels; c++) {
                if (at == 0u) {
                    bnn1_clear_bits(y, words);
                }
                y[at >> 5] |= ((*from >> bit) & 1u) << (at & 31u);
                from += plane;
                if (++at == run) {
                    at = 0;
                    y += words;
                }
            }
        }
    }
}
#endif /* BNN1_RUNS_FROM_PLANES */

/* Bit planes with other lanes.
 *   x  planes with from_lanes     y  planes with to_lanes, fully overwritten; must not overlap x */
#ifndef BNN1_PLANES_FROM_PLANES
#define BNN1_PLANES_FROM_PLANES
static inline void bnn1_planes_from_planes(const uint32_t *x, uint8_t from_lanes, uint16_t height, uint16_t width,
                                           uint16_t channels, uint8_t to_lanes, uint32_t *y)
{
    const uint32_t from_plane = bnn1_plane_words(height, width, from_lanes);
    const uint32_t to_plane = bnn1_plane_words(height, width, to_lanes);
    const uint32_t used = UINT32_C(0xFFFFFFFF) >> ((32u - (width & 31u)) & 31u); /* lanes differ, so a row is at most a word */
    uint16_t row, c;
    bnn1_clear_bits(y, channels * to_plane);
    for (c = 0; c < channels; c++) {
        for (row = 0; row < height; row++) {
            const uint32_t bits = x[bnn1_plane_at(row, 0, width, from_lanes)] >> bnn1_plane_bit(row, 0, from_lanes);
            y[bnn1_plane_at(row, 0, width, to_lanes)] |= (bits & used) << bnn1_plane_bit(row, 0, to_lanes);
        }
        x += from_plane;
        y += to_plane;
    }
}
#endif /* BNN1_PLANES_FROM_PLANES */

#endif /* BNN_LAYOUT_H */
