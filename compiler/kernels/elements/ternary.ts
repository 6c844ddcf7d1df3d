/** Weights of -α, 0 and +α per output, as two bits a weight. */
import type { Weights } from '../../ir/attributes.ts';
import { packSigns } from '../packing.ts';

export interface TernaryWeights {
  /** [outputs] */
  readonly alpha: readonly number[];
  /** [outputs][words], bit 1 for +α; every output starts a new word. */
  readonly signs: Uint32Array;
  /** [outputs][words], bit 0 for a weight of 0; null where no weight is 0. */
  readonly used: Uint32Array | null;
}

/** Undefined where some output has weights of two magnitudes. */
export function ternaryWeights(weights: Weights): TernaryWeights | undefined {
  if (weights.kind === 'binary') {
    const { signs, outputs, scale } = weights;
    const alpha = Array.from({ length: outputs }, (_, o) => scale[scale.length === 1 ? 0 : o] as number);
    return { alpha, signs: packSigns(signs, signs.length / outputs), used: null };
  }
  const { values, outputs } = weights;
  const taps = values.length / outputs;
  const alpha = new Array<number>(outputs).fill(0);
  for (let i = 0; i < values.length; i += 1) {
    const [output, magnitude] = [Math.floor(i / taps), Math.abs(values[i] as number)];
    if (magnitude === 0) continue;
    if (alpha[output] === 0) alpha[output] = magnitude;
    else if (alpha[output] !== magnitude) return undefined;
  }
  const flags = (holds: (value: number) => boolean): Uint32Array =>
    packSigns(
      Int8Array.from(values, (value) => (holds(value) ? 1 : -1)),
      taps,
    );
  return { alpha, signs: flags((value) => value > 0), used: flags((value) => value !== 0) };
}
