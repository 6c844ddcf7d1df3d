/* bnn_lanes.h - four words with two 16-bit lanes each: what first layers on bytes add up.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 */
#ifndef BNN_LANES_H
#define BNN_LANES_H

#include "bnn_bits.h"

/* Four words at once. Thumb-2 processors load and store several registers in one instruction, which gcc does not find for
 * arrays; the registers must ascend, so they have names. Without it the same in C.
 *
 * bnn1_lanes_add(a, b, c, d, entry)     adds the words entry[0..3] to four local variables
 * bnn1_lanes_put(to, a, b, c, d)        stores four local variables at a local pointer and moves it behind them */
#ifndef BNN1_LANES
#define BNN1_LANES
#if defined(__GNUC__) && defined(__thumb2__)
#define bnn1_lanes_add(a, b, c, d, entry)                                                                        \
    do {                                                                                                         \
        const uint32_t *const entry_ = (entry);                                                                  \
        register uint32_t first_ __asm__("r3");                                                                  \
        register uint32_t second_ __asm__("r4");                                                                 \
        register uint32_t third_ __asm__("r5");                                                                  \
        register uint32_t fourth_ __asm__("r6");                                                                 \
        __asm__("ldmia %4, {%0, %1, %2, %3}"                                                                     \
                : "=r"(first_), "=r"(second_), "=r"(third_), "=r"(fourth_)                                       \
                : "r"(entry_), "m"(entry_[0]), "m"(entry_[1]), "m"(entry_[2]), "m"(entry_[3]));                  \
        a += first_;                                                                                             \
        b += second_;                                                                                            \
        c += third_;                                                                                             \
        d += fourth_;                                                                                            \
    } while (0)
#define bnn1_lanes_put(to, a, b, c, d)                                                                           \
    do {                                                                                                         \
        register uint32_t first_ __asm__("r3") = (a);                                                            \
        register uint32_t second_ __asm__("r4") = (b);                                                           \
        register uint32_t third_ __asm__("r5") = (c);                                                            \
        register uint32_t fourth_ __asm__("r6") = (d);                                                           \
        __asm__ __volatile__("stmia %0!, {%1, %2, %3, %4}"                                                       \
                             : "+r"(to)                                                                          \
                             : "r"(first_), "r"(second_), "r"(third_), "r"(fourth_)                              \
                             : "memory");                                                                        \
    } while (0)
#else
#define bnn1_lanes_add(a, b, c, d, entry)          \
    do {                                           \
        const uint32_t *const entry_ = (entry);    \
        a += entry_[0];                            \
        b += entry_[1];                            \
        c += entry_[2];                            \
        d += entry_[3];                            \
    } while (0)
#define bnn1_lanes_put(to, a, b, c, d) \
    do {                               \
        (to)[0] = (a);                 \
        (to)[1] = (b);                 \
        (to)[2] = (c);                 \
        (to)[3] = (d);                 \
        to += 4;                       \
    } while (0)
#endif
#endif /* BNN1_LANES */

#endif /* BNN_LANES_H */
