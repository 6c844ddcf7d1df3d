/** Float32 steps that only change what stored integers are worth, as exact encodings. */
import type { Step, StepOperator } from '../ir/attributes.ts';
import { PLAIN, channelCount, compact, perChannel } from '../ir/encoding.ts';
import { isPerElement, runSteps } from '../ir/steps.ts';
import { preSign } from '../ir/threshold-search.ts';
import type { Encoding, TensorType } from '../ir/types.ts';
import { ONE, ZERO, add, divide, multiply, negate, rationalFromNumber, type Rational } from '../support/rational.ts';

/** The encoding in which a stored -1 is worth `minus[c]` and a stored +1 `plus[c]`. */
export function twoValued(minus: readonly number[], plus: readonly number[]): Encoding {
  const half = rationalFromNumber(0.5);
  const low = minus.map(rationalFromNumber);
  const high = plus.map(rationalFromNumber);
  return compact({
    scale: high.map((h, c) => multiply(half, add(h, negate(low[c] ?? ZERO)))),
    offset: high.map((h, c) => multiply(half, add(h, low[c] ?? ZERO))),
  });
}

/** change ∘ encoding must be worth `steps` of the old value at -1 and +1; `rescale` composes, so the old encoding is undone first. */
export function bitChange(steps: readonly Step[], input: TensorType): Encoding | undefined {
  const { encoding = PLAIN } = input;
  if (isPerElement(steps, channelCount(input.shape))) return undefined;
  const channels = Math.max(encoding.scale.length, encoding.offset.length, ...steps.map((s) => s.values.length));
  const each = Array.from({ length: channels }, (_, c) => c);
  const old = preSign(input, []);
  const value = (stored: number): readonly number[] => each.map((c) => runSteps(steps, old(stored, c), c));
  const [minus, plus] = [value(-1), value(1)];
  if ([...minus, ...plus].some((v) => !Number.isFinite(v)) || minus.some((m, c) => m === plus[c])) return undefined;
  const wanted = twoValued(minus, plus);
  const scale = each.map((c) => divide(perChannel(wanted.scale, c), perChannel(encoding.scale, c)));
  const offset = each.map((c) => add(perChannel(wanted.offset, c), negate(multiply(perChannel(encoding.offset, c), perChannel(scale, c)))));
  return compact({ scale, offset });
}

const AFFINE: ReadonlySet<StepOperator> = new Set(['add', 'subtract', 'multiply', 'divide']);

/** The steps as real scale·x + offset, constants taken exactly; undefined for other functions and factors of 0. */
export function affineChange(steps: readonly Step[], channels: number): Encoding | undefined {
  if (isPerElement(steps, channels)) return undefined;
  const length = steps.some((s) => s.values.length > 1) ? channels : 1;
  const scale: Rational[] = [];
  const offset: Rational[] = [];
  for (let c = 0; c < length; c += 1) {
    let [a, b]: [Rational, Rational] = [ONE, ZERO];
    for (const { operator, values } of steps) {
      const number = perChannel(values, c);
      if (!AFFINE.has(operator) || !Number.isFinite(number)) return undefined;
      const value = rationalFromNumber(number);
      if (operator === 'add') b = add(b, value);
      else if (operator === 'subtract') b = add(b, negate(value));
      else if (number === 0) return undefined;
      else [a, b] = operator === 'multiply' ? [multiply(a, value), multiply(b, value)] : [divide(a, value), divide(b, value)];
    }
    scale.push(a);
    offset.push(b);
  }
  return compact({ scale, offset });
}
