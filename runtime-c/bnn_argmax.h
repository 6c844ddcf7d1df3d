/* bnn_argmax.h - which class has the highest score.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_ARGMAX_H
#define BNN_ARGMAX_H

#include "bnn_bits.h"

/* Index of the largest score; the first one wins a tie. scores [count], count >= 1; float scores must not be NaN. */
#ifndef BNN1_ARGMAX_F32
#define BNN1_ARGMAX_F32
static inline int bnn1_argmax_f32(const float *scores, uint16_t count)
{
    uint16_t best = 0;
    uint16_t i;
    for (i = 1; i < count; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    return (int)best;
}
#endif /* BNN1_ARGMAX_F32 */

#ifndef BNN1_ARGMAX_I32
#define BNN1_ARGMAX_I32
static inline int bnn1_argmax_i32(const int32_t *scores, uint16_t count)
{
    uint16_t best = 0;
    uint16_t i;
    for (i = 1; i < count; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    return (int)best;
}
#endif /* BNN1_ARGMAX_I32 */

#endif /* BNN_ARGMAX_H */
