/* bnn_elements.h - single elements of maps that are not bits: int32 and float in the workspace, and the caller's bytes.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * The workspace consists of uint32_t words. An int32 element is such a word; a float element is copied into and out of
 * its word, which costs nothing and puns no type.
 */
#ifndef BNN_ELEMENTS_H
#define BNN_ELEMENTS_H

#include "bnn_bits.h"

/* A float element of the workspace.   x  word that holds it */
#ifndef BNN1_LOAD_F32
#define BNN1_LOAD_F32
static inline float bnn1_load_f32(const uint32_t *x)
{
    float value;
    memcpy(&value, x, sizeof value);
    return value;
}
#endif /* BNN1_LOAD_F32 */

#ifndef BNN1_STORE_F32
#define BNN1_STORE_F32
static inline void bnn1_store_f32(uint32_t *y, float value)
{
    memcpy(y, &value, sizeof value);
}
#endif /* BNN1_STORE_F32 */

/* Bit `index` of a run as a sign: +1 or -1.   bits  RAM */
#ifndef BNN1_SIGN_AT
#define BNN1_SIGN_AT
static inline int32_t bnn1_sign_at(const uint32_t *bits, uint32_t index)
{
    return (bits[index >> 5] & (UINT32_C(1) << (index & 31u))) != 0u ? 1 : -1;
}
#endif /* BNN1_SIGN_AT */

/* A byte as it is meant: flip 0 reads 0..255, flip 0x80 two's complement -128..127. */
#ifndef BNN1_BYTE_AT
#define BNN1_BYTE_AT
static inline int32_t bnn1_byte_at(const unsigned char *x, uint8_t flip, uint32_t index)
{
    return (int32_t)(uint8_t)(x[index] ^ flip) - (int32_t)flip;
}
#endif /* BNN1_BYTE_AT */

/* True where bit `index` of a table of flags is 1.   flags  ROM */
#ifndef BNN1_ROM_FLAG
#define BNN1_ROM_FLAG
static inline uint8_t bnn1_rom_flag(const uint32_t *flags, uint32_t index)
{
    return (uint8_t)((bnn1_rom_u32(flags + (index >> 5)) >> (index & 31u)) & 1u);
}
#endif /* BNN1_ROM_FLAG */

#endif /* BNN_ELEMENTS_H */
