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
#define bnn1_rom_u16(address) pgm_read_word(address)
#define bnn1_rom_u32(address) pgm_read_dword(address)
#define bnn1_rom_f32(address) pgm_read_float(address)
#else
#define BNN1_ROM
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

/* Number of 1 bits, 0..32. Pairs, nibbles and bytes are added in parallel (Warren, Hacker's Delight, section 5-1):
 * after each line a field of 2, 4, 8 bits holds a count <= its width, so no field overflows into its neighbour; the
 * multiplication adds the four bytes into the top one, at most 32. */
#ifndef BNN1_POPCOUNT
#define BNN1_POPCOUNT
static inline uint32_t bnn1_popcount(uint32_t bits)
{
    bits = bits - ((bits >> 1) & UINT32_C(0x55555555));
    bits = (bits & UINT32_C(0x33333333)) + ((bits >> 2) & UINT32_C(0x33333333));
    bits = (bits + (bits >> 4)) & UINT32_C(0x0F0F0F0F);
    return (bits * UINT32_C(0x01010101)) >> 24;
}
#endif /* BNN1_POPCOUNT */

/* Hamming distance of two runs of words: the number of products that are -1.
 *   a  [words] RAM      b  [words] ROM      result 0..32 * words */
#ifndef BNN1_DISTANCE
#define BNN1_DISTANCE
static inline uint32_t bnn1_distance(const uint32_t *a, const uint32_t *b, uint16_t words)
{
    uint32_t distance = 0;
    uint16_t i;
    for (i = 0; i < words; i++) {
        distance += bnn1_popcount(a[i] ^ bnn1_rom_u32(b + i));
    }
    return distance;
}
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
