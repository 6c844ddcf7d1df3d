/**
 * Weights that BMXNet's converter has packed: bit w >= 0, the lowest bit of a word first, in words of 32 or 64 bits that the file
 * calls float32 or float64 (smd_hpi/src/xnor_cpu.h, tools/model-converter). Their bits are taken as they are, never converted.
 */
import { elementCount } from '../../ir/encoding.ts';
import { fail } from '../../support/diagnostics.ts';
import { elementBytes } from '../../support/elements.ts';
import { truthAttribute } from './attributes.ts';
import type { ParamsArray } from './params.ts';
import type { SymbolNode } from './symbol.ts';

/** Bits of a word by the type that the file states. */
const WORD_BITS: Readonly<Record<string, 32 | 64>> = { float32: 32, int32: 32, float64: 64, int64: 64 };

/** Whether the weights of a binary layer are words of bits. */
export function isPacked(node: SymbolNode): boolean {
  return truthAttribute(node, 'binarized_weights_only', node.op.startsWith('BinaryInference'));
}

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

/**
 * Its signs.
 * @param zero what the sign of 0 is
 * @throws UserError BNN1009 for NaN, which has none
 */
export function signsOf({ element, shape, name, file, byte, read }: ParamsArray, zero: 1 | 0 = 1): Float32Array {
  return Float32Array.from(read(), (weight, i) => {
    if (Number.isNaN(weight)) {
      return fail({
        code: 'BNN1009',
        message: `the array "${name}", [${shape.join(', ')}] ${element}, is NaN at element ${i}, and NaN has no sign.`,
        origin: { file, path: `array "${name}"`, position: { byte: byte + i * elementBytes(element) } },
        help: 'Export the model from before its training diverged. If a converter has packed it, the layer says "binarized_weights_only": "True".',
      });
    }
    return weight === 0 ? zero : Math.sign(weight);
  });
}
