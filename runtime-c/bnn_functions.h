/* bnn_functions.h - exp, tanh and the logistic function in float, the same bits on every core.
 * SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * The C library's functions differ in their last bits from library to library, so these are our own: argument reduction
 * and polynomials of Moshier's Cephes Mathematical Library (expf, tanhf), one rounding per operation. Contraction into
 * fused multiply-adds is switched off, because it would leave roundings out.
 */
#ifndef BNN_FUNCTIONS_H
#define BNN_FUNCTIONS_H

#include "bnn_bits.h"

/* e^x for -87 <= x <= 0.
 *
 * n is the integer nearest to x / ln 2 (x <= 0: truncation of x * log2(e) - 1/2 rounds to the nearest), so
 *     e^x = 2^n e^r,   r = x - n ln 2,   |r| <= ln(2) / 2,   -126 <= n <= 0.
 * ln 2 is the sum of a part with 10 bits, which times n is exact, and a small rest. 2^n is a normal float: exponent field
 * n + 127 >= 1. */
#ifndef BNN1_EXP_F32
#define BNN1_EXP_F32
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_exp_f32(float x)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    const int32_t n = (int32_t)(x * 1.44269504f - 0.5f);
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    const float whole = (float)n;
    float r = x - whole * 0.693359375f;
    float sum = 1.9875691500e-4f;
    float power;
    r = r - whole * -2.12194440e-4f;
    sum = sum * r + 1.3981999507e-3f;
    sum = sum * r + 8.3334519073e-3f;
    sum = sum * r + 4.1665795894e-2f;
    sum = sum * r + 1.6666665459e-1f;
    sum = sum * r + 5.0000001201e-1f;
    sum = sum * (r * r) + r;
    memcpy(&power, &bits, sizeof power);
    return (sum + 1.0f) * power;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_EXP_F32 */

/* Hyperbolic tangent. From |x| = 9 on it is +-1 in float; below 0.625 it is x + x z P(z) with z = x^2, and between both
 * (1 - t) / (1 + t) with t = e^(-2|x|). */
#ifndef BNN1_TANH_F32
#define BNN1_TANH_F32
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_tanh_f32(float x)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    const float magnitude = x < 0.0f ? -x : x;
    float t;
    if (!(magnitude < 9.0f)) {
        return x > 0.0f ? 1.0f : -1.0f;
    }
    if (magnitude < 0.625f) {
        const float z = x * x;
        float sum = -5.70498872745e-3f;
        sum = sum * z + 2.06390887954e-2f;
        sum = sum * z + -5.37397155531e-2f;
        sum = sum * z + 1.33314422036e-1f;
        sum = sum * z + -3.33332819422e-1f;
        return x + sum * z * x;
    }
    t = bnn1_exp_f32(-2.0f * magnitude);
    t = (1.0f - t) / (1.0f + t);
    return x < 0.0f ? -t : t;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_TANH_F32 */

/* 1 / (1 + e^-x); 0 below -87, where it is less than 2^-125. For x <= 0 it is t / (1 + t) with t = e^x. */
#ifndef BNN1_SIGMOID_F32
#define BNN1_SIGMOID_F32
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif
static inline float bnn1_sigmoid_f32(float x)
{
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
    float t;
    if (!(x > -87.0f)) {
        return 0.0f;
    }
    if (x > 0.0f) {
        t = bnn1_exp_f32(x > 87.0f ? -87.0f : -x);
        return 1.0f / (1.0f + t);
    }
    t = bnn1_exp_f32(x);
    return t / (1.0f + t);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif /* BNN1_SIGMOID_F32 */

#endif /* BNN_FUNCTIONS_H */
