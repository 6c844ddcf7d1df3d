/** Larq's quantizers (larq/quantizers.py): which are signs, and what they make of a kernel. sign(0) is +1 in all of them. */
import type { NodeSource } from '../onnx/network.ts';
import { refuseUse } from '../refuse-use.ts';
import { meanMagnitudes } from '../magnitudes.ts';
import { className, fields, text } from './config.ts';

export type Quantizer = 'none' | 'sign' | 'magnitude-aware-sign' | 'heaviside';

const KNOWN: ReadonlyMap<string, Quantizer> = new Map([
  ['stesign', 'sign'],
  ['approxsign', 'sign'],
  ['swishsign', 'sign'],
  ['magnitudeawaresign', 'magnitude-aware-sign'],
  ['steheaviside', 'heaviside'],
  ['noop', 'none'],
]);

/** `SteSign` and `ste_sign` are one. */
const key = (name: string): string => name.replace(/^.*>/s, '').replaceAll('_', '').toLowerCase();

/** By its name; undefined for what is none of Larq's. */
export function quantizerNamed(name: string): Quantizer | undefined {
  return KNOWN.get(key(name));
}

/** The name of a function, a class or a serialized object. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const kind = className(value);
  return kind === 'function' ? text(fields(value).get('config')) : kind;
}

export function readQuantizer(value: unknown, what: string, source: NodeSource): Quantizer {
  if (value === undefined || value === null) return 'none';
  const name = nameOf(value);
  return (
    quantizerNamed(name) ??
    refuseUse(
      source,
      `has the ${what} "${name}"; ste_sign, approx_sign, swish_sign and magnitude_aware_sign work`,
      'Train with a quantizer of one bit.',
    )
  );
}

/** Signs, or signs times the mean magnitude over all axes but the last. */
export function quantizeKernel(values: Float32Array, outputs: number, quantizer: Quantizer, source: NodeSource): Float32Array {
  if (quantizer === 'none') return values;
  const odd = values.findIndex(Number.isNaN);
  if (odd >= 0) return refuseUse(source, `has a kernel whose element ${odd} is NaN, which has no sign`);
  if (quantizer === 'heaviside') return refuseUse(source, 'quantizes its kernel to 0 and 1; signs work');
  const scales = quantizer === 'sign' ? new Float32Array(outputs).fill(1) : meanMagnitudes(values, outputs, 1);
  return values.map((value, i) => (value < 0 ? -1 : 1) * (scales[i % outputs] ?? 1));
}
