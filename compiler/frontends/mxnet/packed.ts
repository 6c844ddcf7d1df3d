/**
 * Weights that BMXNet's converter has packed: bit w >= 0, the lowest bit of a word first, in words of 32 or 64 bits that the file
 * calls float32 or float64 (smd_hpi/src/xnor_cpu.h, tools/model-converter). Their bits are taken as they are, never converted.
 */
import { elementCount } from '../../ir/encoding.ts';
import type { ParamsArray } from './params.ts';

/** Bits of a word by the type that the file states. */
const WORD_BITS: Readonly<Record<string, 32 | 64>> = { float32: 32, int32: 32, float64: 64, int64: 64 };

/** Signs that an array holds if it is packed. */
export function packedCount({ element, shape }: ParamsArray): number {
  return elementCount(shape) * (WORD_BITS[element] ?? 0);
}

function signAt(bytes: Uint8Array, bit: number): 1 | -1 {
  return (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1 ? 1 : -1;
}

/** A convolution's: word k of a filter holds its elements 32k… of [inputs][height][width]. Gives ±1 in [outputs][inputs][height][width]. */
export function unpackFilters(array: ParamsArray): Float32Array {
  // Words are little-endian, so bit i of the whole is bit i mod 8 of byte i div 8, whatever their size.
  return Float32Array.from({ length: packedCount(array) }, (_, i) => signAt(array.bytes, i));
}

/** A dense layer's: word y of output x, for inputs 32y…, is word y·outputs + x. Gives ±1 in [outputs][inputs]. */
export function unpackMatrix(array: ParamsArray, outputs: number): Float32Array {
  const bits = WORD_BITS[array.element] ?? 32;
  const inputs = packedCount(array) / outputs;
  return Float32Array.from({ length: inputs * outputs }, (_, i) => {
    const [output, input] = [Math.floor(i / inputs), i % inputs];
    return signAt(array.bytes, (Math.floor(input / bits) * outputs + output) * bits + (input % bits));
  });
}

/** Their signs, +1 at 0. */
export function signsOf(weights: ArrayLike<number>): Float32Array {
  return Float32Array.from(weights, (weight) => (weight >= 0 ? 1 : -1));
}
