/* bnn_scores.h - real scores from integer accumulators, rounded once.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_SCORES_H
#define BNN_SCORES_H

#include "bnn_bits.h"

/* The float nearest to (factor * acc + constant) * 2^-shift, ties to even.
 *
 * A weight scale and a bias are floats, so both are integers over a power of two and the sum is one 64-bit integer v;
 * the compiler has shown |v| < 2^63. v is computed modulo 2^64, its sign split off, and its magnitude halved until it has at
 * most 24 bits, keeping the last bit lost (`half`) and whether any before it was 1 (`sticky`): round up when more than half
 * was lost, or exactly half and the rest is odd. At most 24 bits are exact in a float, and so is every multiplication by
 * 2 or 1/2, because shift <= 126 keeps the result normal.
 *
 *   terms  [4] ROM: factor, constant, each as low and high half of a two's complement number     shift  0..126
 */
#ifndef BNN1_SCORE_F32
#define BNN1_SCORE_F32
static inline float bnn1_score_f32(const uint32_t *terms, uint16_t shift, int32_t acc)
{
    const uint64_t factor = bnn1_rom_u32(terms) | ((uint64_t)bnn1_rom_u32(terms + 1) << 32);
    const uint64_t constant = bnn1_rom_u32(terms + 2) | ((uint64_t)bnn1_rom_u32(terms + 3) << 32);
    const uint64_t value = factor * (uint64_t)(int64_t)acc + constant;
    const uint8_t negative = (uint8_t)(value >> 63);
    uint64_t magnitude = negative ? UINT64_C(0) - value : value;
    int16_t exponent = (int16_t)(0 - (int16_t)shift);
    uint8_t half = 0;
    uint8_t sticky = 0;
    float score;
    while (magnitude >= UINT64_C(0x1000000)) {
        sticky |= half;
        half = (uint8_t)(magnitude & 1u);
        magnitude >>= 1;
        exponent++;
    }
    if (half && (sticky || (magnitude & 1u) != 0u)) {
        magnitude++;
    }
    score = (float)(uint32_t)magnitude;
    for (; exponent > 0; exponent--) {
        score *= 2.0f;
    }
    for (; exponent < 0; exponent++) {
        score *= 0.5f;
    }
    return negative ? -score : score;
}
#endif /* BNN1_SCORE_F32 */

#endif /* BNN_SCORES_H */
