/** Lowered nodes with random weights as cases of a kernel program: expected outputs come from the definition of the op. */
import { DTYPES, PLAIN, elementCount } from '../../compiler/ir/encoding.ts';
import { evaluateNode, opOf } from '../../compiler/ir/op.ts';
import type { AttrsOf, OpKind } from '../../compiler/ir/ops/index.ts';
import type { Encoding, Node, TensorData, TensorType, ValueId } from '../../compiler/ir/types.ts';
import type { Candidate, Kernel, Layout, Several } from '../../compiler/kernels/kernel.ts';
import type { Target } from '../../compiler/targets/target.ts';
import type { KernelCase } from './kernel-program.ts';
import { storedBytes } from './layouts.ts';
import { randomFrom, type Random } from './random.ts';

const ORIGIN = { file: 'test', path: 'node' };

/** One lowered node and the types on both sides. */
export interface Lowered {
  readonly node: Node;
  /** The first of the inputs. */
  readonly input: TensorType;
  readonly inputs: Several<TensorType>;
  readonly output: TensorType;
}

export function tensorType(dtype: 'b1' | 'u8' | 'i8' | 'i32' | 'f32', shape: readonly number[], encoding: Encoding = PLAIN): TensorType {
  return dtype === 'f32' ? { dtype, shape } : { dtype, shape, encoding };
}

export function lowered<K extends OpKind>(kind: K, attrs: AttrsOf<K>, ...inputs: Several<TensorType>): Lowered {
  const output = opOf(kind).infer(attrs, inputs);
  if ('error' in output) throw new Error(`no ${kind}: ${output.error}`);
  const ids = inputs.map((_, i) => `x${i}` as ValueId);
  const node = { kind, name: kind, attrs, inputs: ids, output: 'y' as ValueId, origin: ORIGIN } as unknown as Node;
  return { node, input: inputs[0], inputs, output };
}

/** Stored elements over the whole range of the type; the first samples are the extremes. */
export function randomElements({ dtype, shape }: TensorType, random: Random, sample: number): TensorData {
  const { minimum, maximum, allocate } = DTYPES[dtype];
  const constant = dtype === 'f32' ? undefined : [undefined, maximum, minimum][sample];
  const value = (): number => {
    if (dtype === 'f32') return Math.fround((random.unit() - 0.5) * 2 ** random.integer(-20, 20));
    if (constant !== undefined) return constant;
    if (dtype === 'b1') return random.chance(0.5) ? 1 : -1;
    return random.integer(minimum, maximum);
  };
  return allocate(elementCount(shape)).map(value);
}

/** The kernel's candidate for a node, or its reason. */
export function candidateOf(
  kernel: Kernel,
  { node, inputs, output }: Lowered,
  target: Target,
  offered?: Layout,
): Candidate | { readonly reason: string } {
  return kernel.candidate(node, inputs, output, target, [offered]) ?? { reason: 'it computes another op' };
}

/** A candidate as a case with random inputs. */
export function kernelCase(title: string, candidate: Candidate, { node, inputs, output }: Lowered, seed: number, samples = 4): KernelCase {
  const random = randomFrom(seed);
  return {
    title: `${candidate.kernel}: ${title}`,
    inputs: inputs.map(({ shape }, i) => ({ layout: candidate.inputs[i] ?? candidate.inputs[0], shape })),
    output: { layout: candidate.output, shape: output.shape },
    tables: candidate.tables,
    generated: candidate.generated,
    scratchWords: candidate.scratchWords,
    inPlace: candidate.inPlace,
    byRows: candidate.byRows,
    calls: candidate.calls,
    samples: Array.from({ length: samples }, (_, sample) => {
      const tensors = inputs.map((type) => ({ type, data: randomElements(type, random, sample) }));
      const right = evaluateNode(node, tensors, output).data;
      return {
        inputs: tensors.map(({ type, data }, i) => storedBytes(data, candidate.inputs[i] ?? candidate.inputs[0], type.shape)),
        output: storedBytes(right, candidate.output, output.shape),
      };
    }),
  };
}
