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
 * bnn1_lanes_tables(name, register)     declares tables that stay in a register: Thumb-1 has high ones which only addresses need
 * bnn1_lanes_look_up(a, b, c, d, tables, index, i)     the same, entry number index[i] of tables; index is in ROM, 0 <= i < 32
 * bnn1_lanes_sum(to, a, b, c, d)        adds four local variables to the words at a local pointer and moves it behind them
 * bnn1_lanes_put(to, a, b, c, d)        stores four local variables at a local pointer and moves it behind them */
#ifndef BNN1_LANES
#define BNN1_LANES
#if defined(__GNUC__) && defined(__thumb2__)
#define bnn1_lanes_add(a, b, c, d, entry)                                                                        \
    do {                                                                                                         \
        register const uint32_t *entry_ __asm__("r3") = (entry);                                                 \
        __asm__("ldmia %4, {r3, r4, r5, r6}\n\t"                                                                 \
                "add %0, r3\n\t"                                                                                 \
                "add %1, r4\n\t"                                                                                 \
                "add %2, r5\n\t"                                                                                 \
                "add %3, r6"                                                                                     \
                : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(entry_)                                               \
                : "m"(entry_[0]), "m"(entry_[1]), "m"(entry_[2]), "m"(entry_[3])                                 \
                : "r4", "r5", "r6");                                                                             \
    } while (0)
#define bnn1_lanes_sum(to, a, b, c, d)                                                                           \
    __asm__ __volatile__("ldmia %0, {r3, r4, r5, r6}\n\t"                                                        \
                         "add r3, %1\n\t"                                                                        \
                         "add r4, %2\n\t"                                                                        \
                         "add r5, %3\n\t"                                                                        \
                         "add r6, %4\n\t"                                                                        \
                         "stmia %0!, {r3, r4, r5, r6}"                                                           \
                         : "+r"(to)                                                                              \
                         : "r"(a), "r"(b), "r"(c), "r"(d)                                                        \
                         : "r3", "r4", "r5", "r6", "memory")
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
#elif defined(__GNUC__) && !defined(__clang__) && defined(__thumb__)
#define bnn1_lanes_tables(name, number) register const uint32_t *const name __asm__(number)
#define bnn1_lanes_look_up(a, b, c, d, tables, index, i)                                                         \
    do {                                                                                                         \
        const uint32_t *entry_;                                                                                  \
        __asm__ __volatile__("ldrb %4, [%6, %7]\n\t"                                                             \
                             "lsl %4, %4, %8\n\t"                                                                \
                             "add %4, %5\n\t"                                                                    \
                             "ldmia %4!, {r4, r5}\n\t"                                                           \
                             "add %0, r4\n\t"                                                                    \
                             "add %1, r5\n\t"                                                                    \
                             "ldmia %4!, {r4, r5}\n\t"                                                           \
                             "add %2, r4\n\t"                                                                    \
                             "add %3, r5"                                                                        \
                             : "+l"(a), "+l"(b), "+l"(c), "+l"(d), "=&l"(entry_)                                 \
                             : "h"(tables), "l"(index), "I"(i), "I"(4)                                           \
                             : "r4", "r5", "cc", "memory");                                                      \
    } while (0)
#define bnn1_lanes_put(to, a, b, c, d)                                                                           \
    do {                                                                                                         \
        register uint32_t first_ __asm__("r2") = (a);                                                            \
        register uint32_t second_ __asm__("r3") = (b);                                                           \
        register uint32_t third_ __asm__("r4") = (c);                                                            \
        register uint32_t fourth_ __asm__("r5") = (d);                                                           \
        __asm__ __volatile__("stmia %0!, {%1, %2, %3, %4}"                                                       \
                             : "+l"(to)                                                                          \
                             : "r"(first_), "r"(second_), "r"(third_), "r"(fourth_)                              \
                             : "memory");                                                                        \
    } while (0)
#else
#define bnn1_lanes_put(to, a, b, c, d) \
    do {                               \
        (to)[0] = (a);                 \
        (to)[1] = (b);                 \
        (to)[2] = (c);                 \
        (to)[3] = (d);                 \
        to += 4;                       \
    } while (0)
#endif
#ifndef bnn1_lanes_add
#define bnn1_lanes_add(a, b, c, d, entry)          \
    do {                                           \
        const uint32_t *const entry_ = (entry);    \
        a += entry_[0];                            \
        b += entry_[1];                            \
        c += entry_[2];                            \
        d += entry_[3];                            \
    } while (0)
#endif
#ifndef bnn1_lanes_sum
#define bnn1_lanes_sum(to, a, b, c, d) \
    do {                               \
        (to)[0] += (a);                \
        (to)[1] += (b);                \
        (to)[2] += (c);                \
        (to)[3] += (d);                \
        to += 4;                       \
    } while (0)
#endif
#ifndef bnn1_lanes_tables
#define bnn1_lanes_tables(name, number) const uint32_t *const name
#endif
#ifndef bnn1_lanes_look_up
#define bnn1_lanes_look_up(a, b, c, d, tables, index, i) bnn1_lanes_add(a, b, c, d, (tables) + 4u * bnn1_rom_u8((index) + (i)))
#endif
#endif /* BNN1_LANES */

/* Helium. Between two additions gcc must not reorder: it would compute all addresses first and spill them. */
#ifndef BNN1_VECTOR_KEEP
#define BNN1_VECTOR_KEEP
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define bnn1_vector_fast __attribute__((unused, noinline, optimize("O2", "no-schedule-insns")))
#else
#define bnn1_vector_fast __attribute__((unused, noinline))
#endif
#define bnn1_vector_keep2(a, b) __asm__ __volatile__("" : "+w"(a), "+w"(b))
#define bnn1_vector_keep4(a, b, c, d) __asm__ __volatile__("" : "+w"(a), "+w"(b), "+w"(c), "+w"(d))
#endif /* BNN1_VECTOR_KEEP */

#endif /* BNN_LANES_H */
