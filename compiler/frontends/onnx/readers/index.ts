/** The list of every operator that may depend on the input. Adding one is a reader in this folder and a line here. */
import type { NodeReader } from '../context.ts';
import { FOLDABLE, foldOf, type Fold } from '../fold/index.ts';
import type { OnnxNode } from '../node.ts';
import {
  readAbs,
  readAdd,
  readClip,
  readDiv,
  readHardSigmoid,
  readHardSwish,
  readLeakyRelu,
  readMax,
  readMin,
  readMul,
  readNeg,
  readPow,
  readPRelu,
  readRelu,
  readSub,
} from './arithmetic.ts';
import { readBipolarQuant, readQuant, readSign } from './binarize.ts';
import { readCast, readCastLike } from './cast.ts';
import { readCompare, readLogic, readNot, readWhere } from './comparison.ts';
import { readMultiThreshold, readXnorPopcountMatMul } from './finn.ts';
import { readConv, readGemm, readMatMul } from './linear.ts';
import { readBatchNormalization } from './normalization.ts';
import { readConcat, readGather, readSlice, readSplit } from './parts.ts';
import { OWN } from './own.ts';
import { readPad } from './pad.ts';
import { readAveragePool, readGlobalAveragePool, readGlobalMaxPool, readMaxPool } from './pool.ts';
import { readReduceMax, readReduceMean, readReduceSum } from './reduce.ts';
import {
  readDropout,
  readExpand,
  readFlatten,
  readIdentity,
  readReshape,
  readShape,
  readSize,
  readSqueeze,
  readTranspose,
  readUnsqueeze,
} from './shape.ts';
import { behindSquash, readRounding, readSquash } from './squash.ts';

const STANDARD: Readonly<Record<string, NodeReader>> = {
  Conv: readConv,
  Gemm: readGemm,
  MatMul: readMatMul,
  BatchNormalization: readBatchNormalization,
  MaxPool: behindSquash(readMaxPool),
  GlobalMaxPool: behindSquash(readGlobalMaxPool),
  ReduceMax: behindSquash(readReduceMax),
  AveragePool: readAveragePool,
  GlobalAveragePool: readGlobalAveragePool,
  ReduceMean: readReduceMean,
  ReduceSum: readReduceSum,
  Sign: readSign,
  Greater: readCompare('greater'),
  GreaterOrEqual: readCompare('greater-or-equal'),
  Less: readCompare('less'),
  LessOrEqual: readCompare('less-or-equal'),
  Equal: readCompare('equal'),
  Not: readNot,
  And: readLogic((a, b) => a && b),
  Or: readLogic((a, b) => a || b),
  Xor: readLogic((a, b) => a !== b),
  Where: readWhere,
  Cast: readCast,
  CastLike: readCastLike,
  Add: readAdd,
  Sum: readAdd,
  Sub: readSub,
  Mul: readMul,
  Div: readDiv,
  Pow: readPow,
  Neg: readNeg,
  Max: readMax,
  Min: readMin,
  Clip: readClip,
  Relu: readRelu,
  HardSigmoid: readHardSigmoid,
  HardSwish: readHardSwish,
  LeakyRelu: readLeakyRelu,
  PRelu: readPRelu,
  Abs: readAbs,
  Round: readRounding('Round'),
  Floor: readRounding('Floor'),
  Ceil: readRounding('Ceil'),
  Tanh: readSquash(0),
  Softsign: readSquash(0),
  Atan: readSquash(0),
  Erf: readSquash(0),
  Sigmoid: readSquash(0.5),
  Pad: readPad,
  Flatten: behindSquash(readFlatten),
  Reshape: behindSquash(readReshape),
  Squeeze: behindSquash(readSqueeze),
  Unsqueeze: behindSquash(readUnsqueeze),
  Transpose: behindSquash(readTranspose),
  Slice: readSlice,
  Split: readSplit,
  Gather: readGather,
  Concat: readConcat,
  Shape: readShape,
  Size: readSize,
  Identity: readIdentity,
  Dropout: readDropout,
  Expand: behindSquash(readExpand),
};

const QUANTIZERS: Readonly<Record<string, NodeReader>> = {
  BipolarQuant: readBipolarQuant,
  Quant: readQuant,
  IntQuant: readQuant,
  MultiThreshold: readMultiThreshold,
  XnorPopcountMatMul: readXnorPopcountMatMul,
};

/** Exporters disagree on the domain of these operators, and some leave it out. */
const QUANTIZER_DOMAINS: ReadonlySet<string> = new Set(['', 'onnx.brevitas', 'qonnx.custom_op.general', 'finn.custom_op.general']);

function isKnown({ op, domain }: OnnxNode): boolean {
  return Object.hasOwn(QUANTIZERS, op) ? QUANTIZER_DOMAINS.has(domain) : domain === '';
}

/** How a node is read whose inputs depend on the graph's input; undefined for operators without a meaning. */
export function readerOf(node: OnnxNode): NodeReader | undefined {
  if (node.own) return OWN[node.op];
  if (!isKnown(node)) return undefined;
  if (Object.hasOwn(QUANTIZERS, node.op)) return QUANTIZERS[node.op];
  return Object.hasOwn(STANDARD, node.op) ? STANDARD[node.op] : undefined;
}

/** How a node is computed whose inputs are all constants. */
export function folderOf(node: OnnxNode): Fold | undefined {
  return isKnown(node) && !node.own ? foldOf(node.op) : undefined;
}

/** Operators by what they may work on, for docs and messages. */
export const SUPPORTED = {
  onActivations: [...Object.keys(STANDARD), ...Object.keys(QUANTIZERS)].sort(),
  onConstants: [...FOLDABLE].sort(),
} as const;
