/* bnn_dense.h - fully connected layers with weights of +-1.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_DENSE_H
#define BNN_DENSE_H

#include "bnn_bits.h"
#include "bnn_lanes.h"

/* Dense layer, bits in, bits out.
 *
 * With x, w in {0,1} for -1, +1, a product of signs is -1 exactly where x ^ w = 1. Of K products d are -1, so
 *     acc = K - 2 d,   0 <= d <= K,   and   acc >= T  <=>  d <= floor((K - T) / 2) = limit.
 * T in -K..K+1 gives limit in -1..K (-1: never, K: always). K <= 32767 keeps the limit in 16 bits.
 *
 *   x       [words] packed input          w  [outputs][words] packed weights, ROM, same runs as x
 *   limit   [outputs] ROM, largest distance that still gives +1
 *   y       [(outputs + 31) / 32] packed output, fully overwritten; must not overlap x
 */
#ifndef BNN1_DENSE_B1_B1
#define BNN1_DENSE_B1_B1
static inline void bnn1_dense_b1_b1(const uint32_t *x, const uint32_t *w, const int16_t *limit, uint16_t words,
                                    uint16_t outputs, uint32_t *y)
{
    uint16_t o;
    bnn1_clear_bits(y, ((uint32_t)outputs + 31u) >> 5);
    for (o = 0; o < outputs; o++) {
        if ((int32_t)bnn1_distance(x, w, words) <= bnn1_rom_i16(limit + o)) {
            bnn1_set_bit(y, o);
        }
        w += words;
    }
}
#endif /* BNN1_DENSE_B1_B1 */

/* One accumulator of a dense layer on bits: acc = taps - 2 d (see bnn1_dense_b1_b1).
 *   x  [words]     w  [words] ROM, the row of one output     taps  K, the number of real inputs
 *   result -K..K */
#ifndef BNN1_DENSE_B1_SUM
#define BNN1_DENSE_B1_SUM
static inline int32_t bnn1_dense_b1_sum(const uint32_t *x, const uint32_t *w, uint16_t words, uint16_t taps)
{
    return (int32_t)taps - 2 * (int32_t)bnn1_distance(x, w, words);
}
#endif /* BNN1_DENSE_B1_SUM */

/* One accumulator of a dense layer on bytes: acc = sum of +-q.
 *
 * A byte b means q = (b ^ flip) - flip: flip 0 reads 0..255, flip 0x80 reads two's complement -128..127.
 * |acc| <= 255 * taps, and taps <= 65535, so acc fits into 32 bits.
 *
 *   x  [taps] bytes     w  [(taps + 31) / 32] ROM, bit i is the sign of input i     result -255 taps..255 taps
 */
#ifndef BNN1_DENSE_8BIT_SUM
#define BNN1_DENSE_8BIT_SUM
static inline int32_t bnn1_dense_8bit_sum(const unsigned char *x, uint8_t flip, const uint32_t *w, uint16_t taps)
{
    int32_t acc = 0;
    uint32_t signs = 0;
    uint16_t i;
    for (i = 0; i < taps; i++) {
        const int32_t q = (int32_t)(uint8_t)(x[i] ^ flip) - (int32_t)flip;
        if ((i & 31u) == 0u) {
            signs = bnn1_rom_u32(w + (i >> 5));
        }
        acc += (signs & 1u) != 0u ? q : -q;
        signs >>= 1;
    }
    return acc;
}
#endif /* BNN1_DENSE_8BIT_SUM */

/* Dense layer, bytes in, bits out: bit o is +1 where acc_o >= threshold[o].
 *   x          [taps] bytes, read as bnn1_dense_8bit_sum does      w  [outputs][(taps + 31) / 32] ROM
 *   threshold  [outputs] ROM, -255 taps..255 taps + 1
 *   y          [(outputs + 31) / 32] packed output, fully overwritten
 */
#ifndef BNN1_DENSE_8BIT_B1
#define BNN1_DENSE_8BIT_B1
static inline void bnn1_dense_8bit_b1(const unsigned char *x, uint8_t flip, const uint32_t *w, const int32_t *threshold,
                                      uint16_t taps, uint16_t outputs, uint32_t *y)
{
    const uint16_t words = (uint16_t)(((uint32_t)taps + 31u) >> 5);
    uint16_t o;
    bnn1_clear_bits(y, ((uint32_t)outputs + 31u) >> 5);
    for (o = 0; o < outputs; o++) {
        if (bnn1_dense_8bit_sum(x, flip, w, taps) >= bnn1_rom_i32(threshold + o)) {
            bnn1_set_bit(y, o);
        }
        w += words;
    }
}
#endif /* BNN1_DENSE_8BIT_B1 */

/* The same by tables. Eight inputs with weights of +-1 have 256 sums; entry i of a table has weight +1 where bit j of i is 1. With
 *     t[0] = -(d0 + .. + d7),     t[2^j + i] = t[i] + 2 dj     for 0 <= i < 2^j,
 * it is made in 255 additions; then all outputs add one entry, four outputs to a word of weights. An output starts with
 * -threshold, so that its sign decides:  |acc - threshold| <= 2 * 255 * 65535 + 1 < 2^31. Inputs behind the last count 0.
 *   x          [inputs] bytes, 1..65535, read as bnn1_dense_8bit_sum does
 *   w          [(inputs + 7) / 8][(outputs + 3) / 4] ROM: byte k of a word belongs to output 4 * word + k, bit j to input j of the group
 *   threshold  [outputs] ROM, -255 inputs..255 inputs + 1
 *   scratch    [256 + 4 * ((outputs + 3) / 4)]
 *   y          [(outputs + 31) / 32] packed output, fully overwritten
 */
#ifndef BNN1_DENSE_8BIT_B1_TABLES
#define BNN1_DENSE_8BIT_B1_TABLES
bnn1_fast_in_order static inline void bnn1_dense_8bit_table(const unsigned char *x, uint8_t flip, uint16_t inputs, uint32_t *t)
{
    uint32_t d[8];
    uint32_t sum = 0;
    uint32_t *to = t + 4;
    uint16_t j;
    for (j = 0; j < 8u; j++) {
        d[j] = j < inputs ? ((uint32_t)x[j] ^ flip) - flip : 0u;
        sum += d[j];
        d[j] *= 2u;
    }
    t[0] = 0u - sum;
    t[1] = t[0] + d[0];
    t[2] = t[0] + d[1];
    t[3] = t[1] + d[1];
    for (j = 2; j < 8u; j++) {
        const uint32_t *from = t;
        const uint32_t *const end = to;
        while (from != end) {
            uint32_t a = d[j];
            uint32_t b = a;
            uint32_t c = a;
            uint32_t e = a;
            bnn1_lanes_add(a, b, c, e, from);
            bnn1_lanes_put(to, a, b, c, e);
            from += 4;
        }
    }
}

bnn1_fast_in_order static inline void bnn1_dense_8bit_look_up(const uint32_t *t, const uint32_t *w, uint16_t words, uint32_t *sums)
{
    const uint32_t *const end = w + words;
    while (w != end) {
        const uint32_t four = bnn1_rom_u32(w);
        const uint32_t a = t[four & 255u];
        const uint32_t b = t[(four >> 8) & 255u];
        const uint32_t c = t[(four >> 16) & 255u];
        const uint32_t d = t[four >> 24];
        bnn1_lanes_sum(sums, a, b, c, d);
        w++;
    }
}

static inline void bnn1_dense_8bit_b1_tables(const unsigned char *x, uint8_t flip, const uint32_t *w, const int32_t *threshold,
                                             uint16_t inputs, uint16_t outputs, uint32_t *scratch, uint32_t *y)
{
    const uint16_t words = (uint16_t)(((uint32_t)outputs + 3u) >> 2);
    uint32_t *const sums = scratch + 256;
    uint32_t i;
    for (i = 0; i < words * UINT32_C(4); i++) {
        sums[i] = i < outputs ? 0u - (uint32_t)bnn1_rom_i32(threshold + i) : 0u;
    }
    for (i = 0; i < inputs; i += 8u) {
        bnn1_dense_8bit_table(x + i, flip, (uint16_t)(inputs - i), scratch);
        bnn1_dense_8bit_look_up(scratch, w, words, sums);
        w += words;
    }
    bnn1_clear_bits(y, ((uint32_t)outputs + 31u) >> 5);
    for (i = 0; i < outputs; i++) {
        y[i >> 5] |= (~sums[i] >> 31) << (i & 31u);
    }
}
#endif /* BNN1_DENSE_8BIT_B1_TABLES */

#endif /* BNN_DENSE_H */
