/** What a QONNX quantizer node says, checked: BipolarQuant and Quant (also named IntQuant). */
import { fail } from '../../support/diagnostics.ts';
import type { Constant } from './constant.ts';
import { integerAttribute, refuse, textAttribute, type OnnxNode } from './node.ts';

/**
 * `bipolar`: x ≥ 0 ? +scale : −scale.
 * `binary`: (clamp(round(x/scale + zeroPoint), 0, 1) − zeroPoint)·scale, half to even, so the bit is x/scale + zeroPoint > 1/2.
 */
export type Quantizer =
  | { readonly kind: 'bipolar'; readonly scale: Constant }
  | { readonly kind: 'binary'; readonly scale: Constant; readonly zeroPoint: Constant };

function positiveScale(node: OnnxNode, scale: Constant | undefined): Constant {
  if (scale === undefined) return refuse(node, 'lacks its scale');
  const bad = scale.data.find((s) => !(s > 0));
  return bad === undefined ? scale : refuse(node, `has the scale ${bad}; scales must be positive`);
}

/** The scale of a BipolarQuant. */
export function bipolarScale(node: OnnxNode, scale: Constant | undefined): Constant {
  return positiveScale(node, scale);
}

/**
 * Reads a Quant node whose inputs 1 to 3 (scale, zero point, bit width) are constants.
 * @throws UserError BNN1007 for more than one bit, BNN1008 for what has no binary form
 */
export function readQuantizer(node: OnnxNode, inputs: readonly (Constant | undefined)[]): Quantizer {
  const scale = positiveScale(node, inputs[1]);
  const [zeroPoint, width] = [inputs[2] ?? refuse(node, 'lacks its zero point'), inputs[3] ?? refuse(node, 'lacks its bit width')];
  const bits = width.data[0] ?? Number.NaN;
  const signed = integerAttribute(node, 'signed', 1) !== 0;
  if (width.data.some((b) => b !== 1)) {
    fail({
      code: 'BNN1007',
      message: `"${node.name}" (${node.shown}) quantizes "${node.inputs[0]}" to ${bits} bits; bnnc compiles one bit.`,
      origin: node.origin,
      details: [`bit width  ${bits}`, `signed     ${signed ? 'yes' : 'no'}`],
      help: 'Retrain with 1 bit (W1A1). An 8-bit quantizer on the input can be removed: compile with --input u8 or i8 and --input-scale instead.',
    });
  }
  if (signed) {
    if (zeroPoint.data.some((z) => z !== 0))
      refuse(node, `has the zero point ${zeroPoint.data.find((z) => z !== 0)}; a signed 1-bit quantizer works with 0`);
    return { kind: 'bipolar', scale };
  }
  if (integerAttribute(node, 'narrow', 0) !== 0) refuse(node, 'is narrow and unsigned with 1 bit, which leaves only the value 0');
  const mode = textAttribute(node, 'rounding_mode', 'ROUND').toUpperCase();
  if (mode !== 'ROUND' && mode !== 'HALF_EVEN') refuse(node, `rounds by ${mode}; an unsigned 1-bit quantizer works with ROUND`);
  return { kind: 'binary', scale, zeroPoint };
}
