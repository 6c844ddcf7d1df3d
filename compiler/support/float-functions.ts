/**
 * exp, tanh and the logistic function in float32, one rounding per operation: runtime-c/bnn_functions.h performs the same
 * operations in the same order, so both give the same bits. Argument reduction and polynomials: Moshier, Cephes Mathematical
 * Library, expf and tanhf. Errors are a few units in the last place; no function is claimed to be monotone in its last bit.
 */
const f = Math.fround;

const LOG2_E = f(1.44269504);
/** ln 2 in two parts; n·LN2_HIGH is exact for |n| < 2^13. */
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
const EXP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1].map(f);
const TANH = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1].map(f);

/** ((c0·x + c1)·x + c2)·x + … */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.slice(1).reduce((sum, c) => f(f(sum * x) + c), coefficients[0] ?? 0);
}

/** e^x for -87 <= x <= 0: e^x = 2^n·e^r with n the integer nearest to x/ln 2, so |r| <= ln 2/2 and 2^n is normal. */
function exponential(x: number): number {
  const n = Math.trunc(f(f(x * LOG2_E) - 0.5)) + 0; // x <= 0: truncation rounds to the nearest integer; + 0 turns -0 into 0
  const r = f(f(x - f(n * LN2_HIGH)) - f(n * LN2_LOW));
  const tail = f(f(polynomial(EXP, r) * f(r * r)) + r);
  return f(f(tail + 1) * 2 ** n);
}

/** Hyperbolic tangent. From 9 on the nearest float32 is 1 (1 - tanh 9 < 2^-25); NaN gives -1, as in C. */
export function tanh32(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 9)) return x > 0 ? 1 : -1;
  if (magnitude < 0.625) {
    const square = f(x * x);
    return f(x + f(f(polynomial(TANH, square) * square) * x));
  }
  const t = exponential(f(-2 * magnitude));
  const result = f(f(1 - t) / f(1 + t));
  return x < 0 ? -result : result;
}

/** 1/(1 + e^-x). Below -87 the result is 0 (it is less than 2^-125); NaN gives 0, as in C. */
export function sigmoid32(x: number): number {
  if (!(x > -87)) return 0;
  const t = exponential(x > 0 ? Math.max(-87, -x) : x);
  return x > 0 ? f(1 / f(1 + t)) : f(t / f(1 + t));
}
