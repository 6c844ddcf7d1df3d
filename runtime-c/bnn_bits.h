/* bnn_bits.h - bits, read-only memory and small helpers that every kernel of bnnc shares.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * A tensor of bits holds signs: bit 1 is +1, bit 0 is -1. Bits are packed into uint32_t words, element i of a run in
 * bit i % 32 of word i / 32. Unused bits of a word are 0 on both sides of every product, so they never count.
 *
 * Each block below is guarded on its own, because generated headers carry copies of the blocks they use.
 */
#ifndef BNN_BITS_H
#define BNN_BITS_H

#ifndef BNN1_INCLUDES
#define BNN1_INCLUDES
#include <stdint.h>
#include <string.h>
#if defined(__AVR__)
#include <avr/pgmspace.h>
#endif
#endif /* BNN1_INCLUDES */

/* Tables live in flash. On most cores `const` data are there and a plain load reads them; AVR needs its own section and
 * its own load instruction (16-bit addresses: all tables of a program below 64 KiB). */
#ifndef BNN1_ROM
#if defined(__AVR__)
#define BNN1_ROM PROGMEM
#define bnn1_rom_u8(address) pgm_read_byte(address)
#define bnn1_rom_u16(address) pgm_read_word(address)
#define bnn1_rom_u32(address) pgm_read_dword(address)
#define bnn1_rom_f32(address) pgm_read_float(address)
#else
#define BNN1_ROM
#define bnn1_rom_u8(address) (*(address))
#define bnn1_rom_u16(address) (*(address))
#define bnn1_rom_u32(address) (*(address))
#define bnn1_rom_f32(address) (*(address))
#endif
#define bnn1_rom_i16(address) ((int16_t)bnn1_rom_u16(address))
#define bnn1_rom_i32(address) ((int32_t)bnn1_rom_u32(address))
#endif /* BNN1_ROM */

/* Compile-time check that works before C11: a negative array size is an error. */
#ifndef BNN1_STATIC_ASSERT
#if defined(__cplusplus) && __cplusplus >= 201103L
#define BNN1_STATIC_ASSERT(condition, name) static_assert(condition, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define BNN1_STATIC_ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define BNN1_STATIC_ASSERT(condition, name) typedef char bnn1_assert_##name[(condition) ? 1 : -1]
#endif
#endif /* BNN1_STATIC_ASSERT */

/* Where nearly all of the time is spent, a build for size must not change the shape of the code: gcc takes the loops apart
 * again and calls what should be inline. A function that begins with bnn1_fast is compiled for speed whatever the options are.
 * With bnn1_fast_in_order its instructions also stay in the order of the source, which needs the fewest registers; which of
 * the two serves a function is measured. Other compilers than gcc ignore both.
 *
 * bnn1_hidden(x) makes the value of a local variable unknown. 0x55555555 and its like are immediate operands of many
 * instructions; a compiler that knows the value then shifts and masks in two instructions, where a mask in a register does
 * both in one. */
#ifndef BNN1_FAST
#define BNN1_FAST
#if defined(__GNUC__) && !defined(__clang__)
#define bnn1_fast __attribute__((optimize("O2", "schedule-insns", "ira-region=one")))
#define bnn1_fast_in_order __attribute__((optimize("O2", "no-schedule-insns", "ira-region=one")))
#else
#define bnn1_fast
#define bnn1_fast_in_order
#endif
#if defined(__GNUC__)
#define bnn1_hidden(variable) __asm__("" : "+r"(variable))
#else
#define bnn1_hidden(variable) ((void)0)
#endif
#endif /* BNN1_FAST */

/* Number of 1 bits, 0..32. Pairs, nibbles and bytes are added in parallel (Warren, Hacker's Delight, section 5-1):
 * after each line a field of 2, 4, 8 bits holds a count <= its width, so no field overflows into its neighbour; the
 * multiplication adds the four bytes into the top one, at most 32. A processor that has an instruction for it uses that. */
#ifndef BNN1_POPCOUNT
#define BNN1_POPCOUNT
static inline uint32_t bnn1_popcount(uint32_t bits)
{
#if defined(__riscv_zbb) || defined(__POPCNT__) || defined(__aarch64__)
    return (uint32_t)__builtin_popcount(bits);
#else
    bits = bits - ((bits >> 1) & UINT32_C(0x55555555));
    bits = (bits & UINT32_C(0x33333333)) + ((bits >> 2) & UINT32_C(0x33333333));
    bits = (bits + (bits >> 4)) & UINT32_C(0x0F0F0F0F);
    return (bits * UINT32_C(0x01010101)) >> 24;
#endif
}
#endif /* BNN1_POPCOUNT */

/* One step of counting the bits of many words at once (Harley and Seal; Warren, Hacker's Delight, section 5-2). For every bit
 * position, two words of one weight and what `low` has kept of earlier ones are 0..3, which is low' + 2 high:
 *     low' = first ^ second ^ low,   high = first and second, or one of them and low.
 *   type  of a word     first, second, low  local variables     high  a local variable, another one */
#ifndef BNN1_CARRY
#define BNN1_CARRY
#define bnn1_carry_of(type, high, low, first, second)             \
    do {                                                          \
        const type half_ = (first) ^ (second);                    \
        high = ((first) & (second)) | (half_ & (low));            \
        low ^= half_;                                             \
    } while (0)
#define bnn1_carry(high, low, first, second) bnn1_carry_of(uint32_t, high, low, first, second)
#endif /* BNN1_CARRY */

/* Replaces a word by four bytes, each the number of 1 bits, 0..8, that it had: the first lines of bnn1_popcount. The masks
 * are local variables, best hidden: pairs 0x55555555, nibbles 0x33333333, bytes 0x0F0F0F0F. */
#ifndef BNN1_BYTES
#define BNN1_BYTES
#define bnn1_bytes(word, pairs, nibbles, bytes)                       \
    do {                                                              \
        word = word - ((word >> 1) & (pairs));                        \
        word = (word & (nibbles)) + ((word >> 2) & (nibbles));        \
        word = (word + (word >> 4)) & (bytes);                        \
    } while (0)
#endif /* BNN1_BYTES */

/* The sum of the four bytes of a word, 0..1020. */
#ifndef BNN1_SUM_OF_BYTES
#define BNN1_SUM_OF_BYTES
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
static inline uint32_t bnn1_sum_of_bytes(uint32_t bytes)
{
#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP)
    uint32_t sum;
    __asm__("usad8 %0, %1, %2" : "=r"(sum) : "r"(bytes), "r"(0));
    return sum;
#else
    bytes = (bytes & UINT32_C(0x00FF00FF)) + ((bytes >> 8) & UINT32_C(0x00FF00FF));
    return (bytes + (bytes >> 16)) & 0xFFFFu;
#endif
}
#endif /* BNN1_SUM_OF_BYTES */

/* Hamming distance of two runs of words: the number of products that are -1.
 *
 * Eight words are counted together: seven carries leave words of weight 1, 2 and 4, kept for the next eight, and one word of
 * weight 8, whose bits are counted. The last seven words and the three that were kept are counted with one sum of bytes: a
 * byte of a word holds at most 8, so the sum of bytes is at most 7 * 8 + (1 + 2 + 4) * 8 = 112, and of all four 448.
 *
 *   a  [words] RAM      b  [words] ROM      result 0..32 * words */
#ifndef BNN1_DISTANCE
#define BNN1_DISTANCE
#if defined(__riscv_zbb) || defined(__POPCNT__) || defined(__aarch64__)
static inline uint32_t bnn1_distance(const uint32_t *a, const uint32_t *b, uint16_t words)
{
    uint32_t distance = 0;
    uint16_t i;
    for (i = 0; i < words; i++) {
        distance += bnn1_popcount(a[i] ^ bnn1_rom_u32(b + i));
    }
    return distance;
}
#elif defined(__AVR__)
#define bnn1_table_byte(n) n, n + 1, n + 1, n + 2
#define bnn1_table_row(n) bnn1_table_byte(n), bnn1_table_byte(n + 1), bnn1_table_byte(n + 1), bnn1_table_byte(n + 2)
#define bnn1_table_part(n) bnn1_table_row(n), bnn1_table_row(n + 1), bnn1_table_row(n + 1), bnn1_table_row(n + 2)
static const uint8_t bnn1_counts[256] PROGMEM __attribute__((aligned(256))) = { bnn1_table_part(0), bnn1_table_part(1),
    bnn1_table_part(1), bnn1_table_part(2) };

bnn1_fast_in_order static inline uint32_t bnn1_distance(const uint32_t *a, const uint32_t *b, uint16_t words)
{
    const uint8_t *x = (const uint8_t *)a;
    const uint8_t *w = (const uint8_t *)b;
    uint16_t distance = 0;
    do {
        uint8_t sum;
        sum = pgm_read_byte(bnn1_counts + (uint8_t)(*x++ ^ pgm_read_byte(w++)));
        sum = (uint8_t)(sum + pgm_read_byte(bnn1_counts + (uint8_t)(*x++ ^ pgm_read_byte(w++))));
        sum = (uint8_t)(sum + pgm_read_byte(bnn1_counts + (uint8_t)(*x++ ^ pgm_read_byte(w++))));
        sum = (uint8_t)(sum + pgm_read_byte(bnn1_counts + (uint8_t)(*x++ ^ pgm_read_byte(w++))));
        distance = (uint16_t)(distance + sum);
    } while (--words != 0u);
    return distance;
}
#else
bnn1_fast_in_order static inline uint32_t bnn1_distance(const uint32_t *a, const uint32_t *b, uint16_t words)
{
    uint32_t pairs = UINT32_C(0x55555555), nibbles = UINT32_C(0x33333333), bytes = UINT32_C(0x0F0F0F0F);
    uint32_t distance = 0, sum = 0;
    bnn1_hidden(pairs);
    bnn1_hidden(nibbles);
    bnn1_hidden(bytes);
    if (words >= 8u) {
        uint32_t ones = 0, twos = 0, fours = 0;
        do {
            uint32_t x, y, two, twice, four, eight;
            x = a[0] ^ bnn1_rom_u32(b);
            y = a[1] ^ bnn1_rom_u32(b + 1);
            bnn1_carry(two, ones, x, y);
            x = a[2] ^ bnn1_rom_u32(b + 2);
            y = a[3] ^ bnn1_rom_u32(b + 3);
            bnn1_carry(twice, ones, x, y);
            bnn1_carry(four, twos, two, twice);
            x = a[4] ^ bnn1_rom_u32(b + 4);
            y = a[5] ^ bnn1_rom_u32(b + 5);
            bnn1_carry(two, ones, x, y);
            x = a[6] ^ bnn1_rom_u32(b + 6);
            y = a[7] ^ bnn1_rom_u32(b + 7);
            bnn1_carry(twice, ones, x, y);
            bnn1_carry(x, twos, two, twice);
            bnn1_carry(eight, fours, four, x);
            bnn1_bytes(eight, pairs, nibbles, bytes);
            distance += (eight * UINT32_C(0x01010101)) >> 24;
            a += 8;
            b += 8;
            words = (uint16_t)(words - 8u);
        } while (words >= 8u);
        bnn1_bytes(ones, pairs, nibbles, bytes);
        bnn1_bytes(twos, pairs, nibbles, bytes);
        bnn1_bytes(fours, pairs, nibbles, bytes);
        distance *= 8u;
        sum = ones + 2u * twos + 4u * fours;
    }
    for (; words > 0u; words--) {
        uint32_t word = *a++ ^ bnn1_rom_u32(b++);
        bnn1_bytes(word, pairs, nibbles, bytes);
        sum += word;
    }
    return distance + bnn1_sum_of_bytes(sum);
}
#endif
#endif /* BNN1_DISTANCE */

/* Clears a run of words and sets single bits of it.
 *   bits  [words] RAM      index  element, 0..32 * words - 1 */
#ifndef BNN1_SET_BITS
#define BNN1_SET_BITS
static inline void bnn1_clear_bits(uint32_t *bits, uint32_t words)
{
    uint32_t i;
    for (i = 0; i < words; i++) {
        bits[i] = 0;
    }
}

static inline void bnn1_set_bit(uint32_t *bits, uint32_t index)
{
    bits[index >> 5] |= UINT32_C(1) << (index & 31u);
}
#endif /* BNN1_SET_BITS */

#endif /* BNN_BITS_H */
