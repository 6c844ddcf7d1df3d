/** Sign and the one-bit quantizers of QONNX on activations. */
import {
  apply,
  needFloat,
  optionalConstant,
  paddedInput,
  requiredTensor,
  settle,
  type ImportContext,
  type NodeReader,
  type Tensor,
} from '../context.ts';
import type { SignZero } from '../../../ir/attributes.ts';
import type { Constant } from '../constant.ts';
import { answered, mapAnswers, threeWayOf, type ThreeWay } from '../deferred.ts';
import type { Activation } from '../layout.ts';
import { refuse, type OnnxNode } from '../node.ts';
import { bipolarScale, readQuantizer } from '../quantizer.ts';
import { stepWith } from './arithmetic.ts';

const AT_ZERO: Readonly<Record<SignZero, number>> = { plus: 1, minus: -1, zero: 0 };

function signOf(value: number, zero: SignZero): number {
  return value === 0 ? AT_ZERO[zero] : Math.sign(value);
}

/** Where the input is a function of another comparison and its sign is never 0, the sign is one of that comparison. */
function signOfAnswers(tensor: Tensor, zero: SignZero): ThreeWay | undefined {
  const three = threeWayOf(tensor);
  if (three === undefined || three.element === 'bool') return undefined;
  const signs = answered(
    three,
    'float',
    mapAnswers(three, (value) => signOf(value, zero)),
  );
  return signs.answers.includes(0) ? undefined : signs;
}

/** A sign maps the elements that a Pad will add as well. */
export function sign(node: OnnxNode, context: ImportContext, zero: SignZero): Activation {
  const tensor = requiredTensor(node, context, 0);
  const answers = signOfAnswers(tensor, zero);
  if (answers !== undefined) return settle(node, context, answers);
  const x = tensor.kind === 'squashed' && tensor.center === 0 ? tensor.x : paddedInput(node, context);
  if (x.element === 'bool') return refuse(node, 'takes the sign of truth values');
  const binarized = apply(context, node, 'sign', { zero }, x);
  if (x.pad === null) {
    const three = { kind: 'three-way', source: x, limits: new Float32Array(1), element: 'float' } as const;
    return { ...binarized, three: { ...three, answers: [-1, signOf(0, zero), 1] } };
  }
  return { ...binarized, pad: { ...x.pad, value: signOf(x.pad.value, zero) } };
}

/** sign(0) is 0. */
export const readSign: NodeReader = (node, context) => sign(node, context, 'zero');

function isAll(values: Constant, wanted: number): boolean {
  return values.data.every((value) => value === wanted);
}

/** x ≥ 0 ? +scale : −scale */
function bipolar(node: OnnxNode, context: ImportContext, scale: Constant): Activation {
  const binarized = sign(node, context, 'plus');
  if (isAll(scale, 1)) return binarized;
  if (binarized.pad !== null) return refuse(node, `quantizes to ±${scale.data[0]} what "${binarized.pad.by}" (Pad) has padded`);
  return stepWith(context, node, binarized, 'multiply', scale);
}

export const readBipolarQuant: NodeReader = (node, context) =>
  bipolar(node, context, bipolarScale(node, optionalConstant(node, context, 1, 'its scale')));

/** See quantizer.ts for the two meanings of one bit. */
export const readQuant: NodeReader = (node, context) => {
  const inputs = ['', 'its scale', 'its zero point', 'its bit width'].map((what, i) =>
    i === 0 ? undefined : optionalConstant(node, context, i, what),
  );
  const quantizer = readQuantizer(node, inputs);
  if (quantizer.kind === 'bipolar') return bipolar(node, context, quantizer.scale);
  const { scale, zeroPoint } = quantizer;
  let x = paddedInput(node, context);
  needFloat(node, x);
  if (x.pad !== null) return refuse(node, `reads what "${x.pad.by}" (Pad) has padded`);
  if (!isAll(scale, 1)) x = stepWith(context, node, x, 'divide', scale);
  if (!isAll(zeroPoint, 0)) x = stepWith(context, node, x, 'add', zeroPoint);
  // Half to even: 0.5 rounds to 0, so the bit is set strictly above one half.
  x = apply(context, node, 'compare', { operator: 'greater', values: Float32Array.of(0.5) }, x);
  x = apply(context, node, 'select', { whenTrue: 1, whenFalse: 0 }, x);
  if (!isAll(zeroPoint, 0)) x = stepWith(context, node, x, 'subtract', zeroPoint);
  return isAll(scale, 1) ? x : stepWith(context, node, x, 'multiply', scale);
};
