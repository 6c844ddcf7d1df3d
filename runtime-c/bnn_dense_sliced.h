/* bnn_dense_sliced.h - fully connected layers on bits, 32 outputs to a word.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_DENSE_SLICED_H
#define BNN_DENSE_SLICED_H

#include "bnn_bits.h"

/* Offsets of rows in bytes, kept in the words of the workspace: the compiler is told that both types name that memory. */
#ifndef BNN1_OFFSET
#define BNN1_OFFSET
#if defined(__GNUC__)
typedef uint16_t __attribute__((__may_alias__)) bnn1_offset_t;
#define bnn1_offset bnn1_offset_t
#else
#define bnn1_offset uint16_t
#endif
#endif /* BNN1_OFFSET */

/* Two counting steps at once in 8 operations (Demenkov, Kojevnikov, Kulikov and Yaroslavtsev, New upper bounds on the Boolean
 * circuit complexity of symmetric functions, 2010: MDFA). A pair of words x, y of one weight is given as x and g = x ^ y.
 * With b, c, d for what a step keeps before, between and after,
 *     a = carry of (b, x1, y1):  g1 = 0 gives x1, g1 = 1 gives b.      q = g1 | (x1 ^ b),  c = b ^ g1:  a = c ^ q in both cases.
 *     e = carry of (c, x2, y2):  g2 = 0 gives x2, g2 = 1 gives c.      a ^ e = q ^ ((x2 ^ c) & ~g2) in both cases.
 * The carries, of twice the weight, are again given as a and a ^ e.
 *   x, g  local variables for the result     low  what is kept     first, first_pair, second, second_pair  the two pairs */
#ifndef BNN1_CARRY_PAIRS
#define BNN1_CARRY_PAIRS
#define bnn1_carry_pairs(x, g, low, first, first_pair, second, second_pair) \
    do {                                                                    \
        const uint32_t any_ = (first_pair) | ((first) ^ (low));             \
        uint32_t differ_;                                                   \
        low ^= first_pair;                                                  \
        x = low ^ any_;                                                     \
        differ_ = (second) ^ (low);                                         \
        low ^= second_pair;                                                 \
        g = any_ ^ (differ_ & ~(second_pair));                              \
    } while (0)

/* The last step of a tree: the carry of one pair. */
#define bnn1_carry_pair(high, low, x, g)            \
    do {                                            \
        high = (x) ^ ((g) & ((x) ^ (low)));         \
        low ^= g;                                   \
    } while (0)
#endif /* BNN1_CARRY_PAIRS */

/* Shape of a dense layer whose weights lie by inputs. The input bits lie in rows of `run` bits. With 32 lanes each row begins
 * with a new word; with 8 or 16 lanes a word holds a row in each 8 or 16 of its bits, and each `rows` rows begin with a new word. */
#ifndef BNN1_DENSE_SLICED_SHAPE
#define BNN1_DENSE_SLICED_SHAPE
typedef struct {
    uint16_t words;                           /* of the input */
    uint16_t run, lanes, rows;
    uint16_t inputs;                          /* K: bits that are inputs, 1..16383 */
    uint16_t out_words;                       /* of the output, 32 bits each */
    uint16_t planes;                          /* bits of what the sums are compared with, <= 16 */
} bnn1_dense_sliced_shape;
#endif /* BNN1_DENSE_SLICED_SHAPE */

/* Lists the rows of weights of the inputs that are 1, or of those that are 0 when these are fewer, so at most half of all.
 *
 *   x       input      size  bytes of a row of weights; (K + 1) * size <= 65536
 *   list    [K / 2 rounded up to a multiple of 16] offsets of rows, ended by the offset of row K until 16 divides their number
 *   ones    the number of inputs that are 1
 *   result  the end of the list */
#ifndef BNN1_ACTIVE_ROWS
#define BNN1_ACTIVE_ROWS
bnn1_fast static inline bnn1_offset *bnn1_active_rows(const bnn1_dense_sliced_shape *s, const uint32_t *x, uint16_t size,
                                                      bnn1_offset *list, uint16_t *ones)
{
    bnn1_offset *end = list;
    const uint16_t words = s->words, run = s->run, lanes = s->lanes;
    uint16_t count = 0, offset = 0, left = run, rows = s->rows;
    uint16_t i;
    uint32_t flip;
    for (i = 0; i < words; i++) {
        count = (uint16_t)(count + bnn1_popcount(x[i]));
    }
    *ones = count;
    flip = count > s->inputs / 2u ? UINT32_C(0xFFFFFFFF) : 0u;
    for (i = 0; i < words; i++) {
        const uint32_t word = x[i] ^ flip;
        uint16_t shift = 0;
        do {
            const uint16_t taken = left < lanes ? left : lanes;
            uint32_t bits = word >> shift;
            if (taken < 32u) {
                bits &= (UINT32_C(1) << taken) - 1u;
            }
#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb) || (defined(__GNUC__) && defined(__LP64__))
            while (bits != 0u) {
                *end++ = (uint16_t)(offset + (uint16_t)__builtin_ctz(bits) * size);
                bits &= bits - 1u;
            }
#else
            {
                uint16_t at = offset;
                for (; bits != 0u; bits >>= 1) {
                    if ((bits & 1u) != 0u) {
                        *end++ = at;
                    }
                    at = (uint16_t)(at + size);
                }
            }
#endif
            offset = (uint16_t)(offset + taken * size);
            shift = (uint16_t)(shift + lanes);
            left = (uint16_t)(left - taken);
            if (left == 0u) {
                left = run;
                rows--;
                if (rows == 0u) {
                    rows = s->rows;
                    shift = 32;
                }
            }
        } while (shift < 32u);
    }
    while (((end - list) & 15) != 0) {
        *end++ = offset;
    }
    return end;
}
#endif /* BNN1_ACTIVE_ROWS */

/* Dense layer, bits in, bits out, 32 outputs at a time, without counting the bits of any word.
 *
 * With x, w in {0,1} for -1, +1, K inputs of which n are 1, W the number of weights that are 1, and d products that are -1:
 *     d = n + W - 2 S,        S  = sum of w over the inputs that are 1,
 *     d = n - W + 2 S',       S' = sum of w over the inputs that are 0,
 * because S + S' = W. The output is +1 where d <= L (see bnn1_dense_b1_b1), that is
 *     D = 2 S + (L - W) - n >= 0,        or        D' = 2 S' - (L + W + 1) + n < 0.
 * The sum over the shorter list has at most K / 2 terms. The weights of 32 outputs to one input are one word, so adding a row
 * adds to 32 sums: bit j of the words kept (weights 1, 2, 4, ...) is bit j of the planes of the sums. 16 rows leave one carry
 * of weight 16; 16 of those leave one of weight 256.
 * 0 <= S <= K / 2, -1 <= L <= K, 0 <= W <= K: D and D' lie in -2 K - 1..2 K, so `planes` bits with 2^(planes - 1) > 2 K hold
 * them, all arithmetic is modulo 2^planes, and the sign is the last bit. An output that does not exist has w = 0 and L = -1,
 * which is always -1: bit 0. K <= 16383, so S < 2^13.
 *
 *   x          input
 *   w          [out_words][K + 1] ROM: bit j of word i is the weight of output 32 * block + j to the i-th input; row K is 0
 *   constants  [out_words][2][planes] ROM: bit planes of L - W, then of -(L + W + 1)
 *   scratch    [(K / 2 + 15) / 16 * 8 + (K / 512 + 1) * 16] words
 *   y          [out_words] packed output, fully overwritten; must not overlap x */
#ifndef BNN1_DENSE_B1_B1_SLICED
#define BNN1_DENSE_B1_B1_SLICED
#define bnn1_row(x) x = bnn1_rom_u32((const uint32_t *)(const void *)((const unsigned char *)w + *at++))
#define bnn1_rows(x, g)                         \
    do {                                        \
        uint32_t y_;                            \
        bnn1_row(x);                            \
        bnn1_row(y_);                           \
        g = x ^ y_;                             \
    } while (0)
#define bnn1_words(x, g)                        \
    do {                                        \
        x = *carry++;                           \
        g = x ^ *carry++;                       \
    } while (0)
/* Sixteen words, fetched in pairs by `pair`, into sums of weight one to eight and a carry of weight sixteen. */
#define bnn1_sixteen(high, one, two, four, eight, pair)     \
    do {                                                    \
        uint32_t a_, b_, c_, d_, e_, f_, g_, h_;            \
        pair(a_, b_);                                       \
        pair(c_, d_);                                       \
        bnn1_carry_pairs(e_, f_, one, a_, b_, c_, d_);      \
        pair(a_, b_);                                       \
        pair(c_, d_);                                       \
        bnn1_carry_pairs(g_, h_, one, a_, b_, c_, d_);      \
        bnn1_carry_pairs(a_, b_, two, e_, f_, g_, h_);      \
        {                                                   \
            uint32_t i_, j_, k_, l_;                        \
            pair(c_, d_);                                   \
            pair(i_, j_);                                   \
            bnn1_carry_pairs(e_, f_, one, c_, d_, i_, j_);  \
            pair(c_, d_);                                   \
            pair(i_, j_);                                   \
            bnn1_carry_pairs(k_, l_, one, c_, d_, i_, j_);  \
            bnn1_carry_pairs(g_, h_, two, e_, f_, k_, l_);  \
        }                                                   \
        bnn1_carry_pairs(c_, d_, four, a_, b_, g_, h_);     \
        bnn1_carry_pair(high, eight, c_, d_);               \
    } while (0)

bnn1_fast static inline void bnn1_dense_b1_b1_sliced(const bnn1_dense_sliced_shape *s, const uint32_t *x,
                                                     const uint32_t *w, const uint32_t *constants, uint32_t *scratch,
                                                     uint32_t *y)
{
    const uint16_t inputs = s->inputs, planes = s->planes;
    uint16_t blocks = s->out_words;
    bnn1_offset *const list = (bnn1_offset *)scratch;
    uint32_t *const carries = scratch + (((uint32_t)inputs / 2u + 15u) >> 4) * 8u;
    uint16_t ones;
    const bnn1_offset *const end = bnn1_active_rows(s, x, 4, list, &ones);
    const uint8_t zeros_listed = ones > inputs / 2u;
    const uint32_t offset = zeros_listed ? ones : (uint32_t)0 - ones;
    const uint32_t flip = zeros_listed ? 0u : UINT32_C(0xFFFFFFFF);
    constants += zeros_listed ? planes : 0u;
    for (; blocks > 0u; blocks--) {
        uint32_t sum[14] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        {
            const bnn1_offset *at = list;
            uint32_t *carry = carries;
            uint32_t one = 0, two = 0, four = 0, eight = 0;
            while (at != end) {
                uint32_t sixteen;
                bnn1_sixteen(sixteen, one, two, four, eight, bnn1_rows);
                *carry++ = sixteen;
            }
            while (((carry - carries) & 15) != 0) {
                *carry++ = 0;
            }
            sum[1] = one;
            sum[2] = two;
            sum[3] = four;
            sum[4] = eight;
        }
        {
            const uint32_t *carry = carries;
            uint32_t one = 0, two = 0, four = 0, eight = 0;
            uint16_t left = (uint16_t)((end - list + 255) >> 8);
            for (; left > 0u; left--) {
                uint32_t high;
                uint32_t *above = sum + 9;
                bnn1_sixteen(high, one, two, four, eight, bnn1_words);
                while (high != 0u) {
                    const uint32_t both = *above & high;
                    *above++ ^= high;
                    high = both;
                }
            }
            sum[5] = one;
            sum[6] = two;
            sum[7] = four;
            sum[8] = eight;
        }
        {
            uint32_t shifted = offset, carry = 0, result = 0, ripple = 0;
            uint16_t k;
            for (k = 0; k < planes; k++) {
                const uint32_t c = bnn1_rom_u32(constants + k);
                const uint32_t o = (uint32_t)0 - (shifted & 1u);
                const uint32_t n = k < 14u ? sum[k] : 0u;
                const uint32_t half = c ^ o;
                const uint32_t all = half ^ n;
                result = all ^ carry ^ ripple;
                ripple = (all & carry) | ((all ^ carry) & ripple);
                carry = (c & o) | (half & n);
                shifted >>= 1;
            }
            *y++ = result ^ flip;
        }
        w += (uint32_t)inputs + 1u;
        constants += 2u * planes;
    }
}
#endif /* BNN1_DENSE_B1_B1_SLICED */

/* The same with Helium vectors: 128 outputs at a time. There are only eight vector registers, and simple steps need fewer of
 * them than steps for pairs.
 *
 *   w          [(out_words + 3) / 4][K + 1][4] ROM: bit j of word l of row i is the weight of output 128 * block + 32 * l + j to input i
 *   constants  [(out_words + 3) / 4][2][planes][4] ROM
 *   scratch    [(K / 2 + 15) / 16 * 8 + (K / 512 + 1) * 64] words; the rest as bnn1_dense_b1_b1_sliced */
#ifndef BNN1_DENSE_B1_B1_SLICED_MVE
#define BNN1_DENSE_B1_B1_SLICED_MVE
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>

#define bnn1_add(high, low, first, second) bnn1_carry_of(uint32x4_t, high, low, first, second)
#define bnn1_row_of_four(x) x = vldrwq_u32(w + (uint32_t)*at++ * 4u)
#define bnn1_next_four(x)        \
    do {                         \
        x = vldrwq_u32(carry);   \
        carry += 4;              \
    } while (0)
#define bnn1_four_of(high, one, two, four, next)            \
    do {                                                    \
        uint32x4_t a_, b_, c_;                              \
        next(a_);                                           \
        next(b_);                                           \
        bnn1_add(c_, one, a_, b_);                          \
        next(a_);                                           \
        next(b_);                                           \
        bnn1_add(high, one, a_, b_);                        \
        bnn1_add(a_, two, c_, high);                        \
        next(b_);                                           \
        next(c_);                                           \
        bnn1_add(high, one, b_, c_);                        \
        next(b_);                                           \
        next(c_);                                           \
        {                                                   \
            uint32x4_t d_;                                  \
            bnn1_add(d_, one, b_, c_);                      \
            bnn1_add(b_, two, high, d_);                    \
        }                                                   \
        bnn1_add(high, four, a_, b_);                       \
    } while (0)

bnn1_fast_in_order static inline void bnn1_dense_b1_b1_sliced_mve(const bnn1_dense_sliced_shape *s, const uint32_t *x,
                                                                  const uint32_t *w, const uint32_t *constants,
                                                                  uint32_t *scratch, uint32_t *y)
{
    const uint16_t inputs = s->inputs, planes = s->planes;
    uint16_t words = s->out_words;
    bnn1_offset *const list = (bnn1_offset *)scratch;
    uint32_t *const carries = scratch + (((uint32_t)inputs / 2u + 15u) >> 4) * 8u;
    const uint32x4_t zero = vdupq_n_u32(0);
    uint16_t ones;
    const bnn1_offset *const end = bnn1_active_rows(s, x, 1, list, &ones);
    const uint8_t zeros_listed = ones > inputs / 2u;
    const uint32_t offset = zeros_listed ? ones : (uint32_t)0 - ones;
    const uint32x4_t flip = vdupq_n_u32(zeros_listed ? 0u : UINT32_C(0xFFFFFFFF));
    constants += zeros_listed ? 4u * planes : 0u;
    while (words > 0u) {
        uint32x4_t sum[14];
        uint32_t result_words[4];
        uint16_t k;
        for (k = 0; k < 14u; k++) {
            sum[k] = zero;
        }
        {
            const bnn1_offset *at = list;
            uint32_t *carry = carries;
            uint32x4_t one = zero, two = zero, four = zero, eight = zero;
            while (at != end) {
                uint32x4_t high, first, second;
                bnn1_four_of(first, one, two, four, bnn1_row_of_four);
                bnn1_four_of(second, one, two, four, bnn1_row_of_four);
                bnn1_add(high, eight, first, second);
                vstrwq_u32(carry, high);
                carry += 4;
            }
            while (((carry - carries) & 63) != 0) {
                vstrwq_u32(carry, zero);
                carry += 4;
            }
            sum[1] = one;
            sum[2] = two;
            sum[3] = four;
            sum[4] = eight;
        }
        {
            const uint32_t *carry = carries;
            uint32x4_t one = zero, two = zero, four = zero, eight = zero;
            uint16_t left = (uint16_t)((end - list + 255) >> 8);
            for (; left > 0u; left--) {
                uint32x4_t high, first, second;
                bnn1_four_of(first, one, two, four, bnn1_next_four);
                bnn1_four_of(second, one, two, four, bnn1_next_four);
                bnn1_add(high, eight, first, second);
                for (k = 9; k < 14u; k++) {
                    const uint32x4_t both = sum[k] & high;
                    sum[k] ^= high;
                    high = both;
                }
            }
            sum[5] = one;
            sum[6] = two;
            sum[7] = four;
            sum[8] = eight;
        }
        {
            uint32_t shifted = offset;
            uint32x4_t carry = zero, result = zero, ripple = zero;
            for (k = 0; k < planes; k++) {
                const uint32x4_t c = vldrwq_u32(constants + 4u * k);
                const uint32x4_t o = vdupq_n_u32((uint32_t)0 - (shifted & 1u));
                const uint32x4_t n = k < 14u ? sum[k] : zero;
                const uint32x4_t half = c ^ o;
                const uint32x4_t all = half ^ n;
                result = all ^ carry ^ ripple;
                ripple = (all & carry) | ((all ^ carry) & ripple);
                carry = (c & o) | (half & n);
                shifted >>= 1;
            }
            vstrwq_u32(result_words, result ^ flip);
        }
        for (k = 0; k < 4u && words > 0u; k++, words--) {
            *y++ = result_words[k];
        }
        w += 4u * ((uint32_t)inputs + 1u);
        constants += 8u * planes;
    }
}
#endif
#endif /* BNN1_DENSE_B1_B1_SLICED_MVE */

#endif /* BNN_DENSE_SLICED_H */
