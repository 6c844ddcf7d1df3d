/** What a shape is, and the sizes and thresholds that shapes have in common. */
import type { Window } from '../../compiler/ir/attributes.ts';
import type { Lowered } from '../support/kernel-cases.ts';
import type { Random } from '../support/random.ts';

export const CHANNELS = [1, 3, 31, 32, 33, 64, 65] as const;
export const WIDTHS = [7, 14, 28, 33] as const;

export interface Shape {
  readonly title: string;
  readonly layer: Lowered;
}

export function windowText({ kernel, stride, dilation, padding: { top, left, bottom, right } }: Window): string {
  return `${kernel.join('x')} stride ${stride.join('x')} dilation ${dilation.join('x')} padding ${[top, left, bottom, right].join(',')}`;
}

/** Thresholds in the attainable range, at its ends, just outside and far outside. */
export function thresholds(outputs: number, bound: number, random: Random): Int32Array {
  const special = [-bound, -bound - 1, bound, bound + 1, 0, 1, -(2 ** 30), 2 ** 30];
  const near = Math.ceil(Math.sqrt(bound));
  return Int32Array.from({ length: outputs }, () => (random.chance(0.25) ? random.pick(special) : random.integer(-near, near)));
}
