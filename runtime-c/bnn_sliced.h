/* bnn_sliced.h - what the generated bit-sliced convolutions share.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_SLICED_H
#define BNN_SLICED_H

#include "bnn_bits.h"

/* Functions of 50 to 300 straight-line statements: the compiler's scheduler and its substitution of temporaries decide how many
 * words are spilled. What is best for the core is asked for, whatever the options of the build are. */
#ifndef BNN1_SLICED_FAST
#define BNN1_SLICED_FAST
#if defined(__GNUC__) && !defined(__clang__) && defined(__thumb__) && !defined(__thumb2__)
#define bnn1_sliced_fast __attribute__((noinline, unused, optimize("O2", "no-tree-ter", "no-schedule-insns")))
#elif defined(__GNUC__) && !defined(__clang__) && (defined(__riscv) || defined(__ARM_FEATURE_MVE))
#define bnn1_sliced_fast __attribute__((noinline, unused, optimize("O2", "no-schedule-insns")))
#elif defined(__GNUC__) && !defined(__clang__)
#define bnn1_sliced_fast __attribute__((noinline, unused, optimize("O2", "schedule-insns")))
#elif defined(__GNUC__)
#define bnn1_sliced_fast __attribute__((noinline, unused))
#else
#define bnn1_sliced_fast inline
#endif
#endif /* BNN1_SLICED_FAST */

/* Lanes of a word whose rows lie in the map: a word holds the rows row..row + 32 / lanes - 1, `lanes` bits each.
 *   row  -32768..32767     lanes  8, 16 or 32     height  1..32767 */
#ifndef BNN1_SLICED_ROWS
#define BNN1_SLICED_ROWS
static inline uint32_t bnn1_sliced_rows(int32_t row, uint32_t lanes, int32_t height)
{
    const int32_t rows = (int32_t)(32u / lanes);
    uint32_t mask = UINT32_C(0xFFFFFFFF);
    if (row <= -rows || row >= height) {
        return 0;
    }
    if (row < 0) {
        mask <<= (uint32_t)-row * lanes;
    }
    if (row + rows > height) {
        mask &= UINT32_C(0xFFFFFFFF) >> ((uint32_t)(row + rows - height) * lanes);
    }
    return mask;
}
#endif /* BNN1_SLICED_ROWS */

/* An index that exists, 0..last: what is read in the place of others lies in lanes that are not used. */
#ifndef BNN1_SLICED_CLAMP
#define BNN1_SLICED_CLAMP
static inline uint32_t bnn1_sliced_clamp(int32_t index, int32_t last)
{
    return index < 0 ? 0u : (uint32_t)(index < last ? index : last);
}
#endif /* BNN1_SLICED_CLAMP */

/* The same for the four words of a Helium vector. */
#ifndef BNN1_SLICED_VECTOR
#define BNN1_SLICED_VECTOR
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
static inline uint32x4_t bnn1_sliced_rows4(int32_t row, uint32_t lanes, int32_t height)
{
    const int32_t rows = (int32_t)(32u / lanes);
    uint32_t mask[4];
    int32_t i;
    for (i = 0; i < 4; i++) {
        mask[i] = bnn1_sliced_rows(row + i * rows, lanes, height);
    }
    return vld1q_u32(mask);
}

static inline uint32x4_t bnn1_sliced_words4(int32_t index, int32_t last)
{
    uint32_t at[4];
    int32_t i;
    for (i = 0; i < 4; i++) {
        at[i] = bnn1_sliced_clamp(index + i, last);
    }
    return vld1q_u32(at);
}
#endif
#endif /* BNN1_SLICED_VECTOR */

#endif /* BNN_SLICED_H */
