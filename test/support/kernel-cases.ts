/** Lowered nodes with random weights as cases of a kernel program: expected outputs come from the definition of the op. */
import { GraphBuilder } from '../../compiler/ir/builder.ts';
import { DTYPES, PLAIN, elementCount } from '../../compiler/ir/encoding.ts';
import { evaluateNode } from '../../compiler/ir/op.ts';
import type { AttrsOf, OpKind } from '../../compiler/ir/ops/index.ts';
import type { Encoding, Node, TensorData, TensorType } from '../../compiler/ir/types.ts';
import type { Candidate, Kernel, Layout } from '../../compiler/kernels/kernel.ts';
import type { Target } from '../../compiler/targets/target.ts';
import type { KernelCase } from './kernel-program.ts';
import { storedBytes } from './layouts.ts';
import { randomFrom, type Random } from './random.ts';

const ORIGIN = { file: 'test', path: 'node' };

/** One lowered node and the types on both sides. */
export interface Lowered {
  readonly node: Node;
  readonly input: TensorType;
  readonly output: TensorType;
}

export function tensorType(dtype: 'b1' | 'u8' | 'i8', shape: readonly number[], encoding: Encoding = PLAIN): TensorType {
  return { dtype, shape, encoding };
}

export function lowered<K extends OpKind>(kind: K, attrs: AttrsOf<K>, input: TensorType): Lowered {
  const builder = new GraphBuilder('case');
  const id = builder.node(kind, kind, attrs, [builder.input('x', input, ORIGIN)], ORIGIN);
  const graph = builder.finish(id);
  const [node] = graph.nodes;
  if (node === undefined) throw new Error('no node');
  return { node, input, output: builder.typeOf(id) };
}

/** Stored elements over the whole range of the type; the first samples are the extremes. */
export function randomElements({ dtype, shape }: TensorType, random: Random, sample: number): TensorData {
  const { minimum, maximum, allocate } = DTYPES[dtype];
  const constant = [undefined, maximum, minimum][sample];
  const value = (): number => {
    if (constant !== undefined) return constant;
    if (dtype === 'b1') return random.chance(0.5) ? 1 : -1;
    return random.integer(minimum, maximum);
  };
  return allocate(elementCount(shape)).map(value);
}

/** The kernel's candidate for a node, or its reason. */
export function candidateOf(
  kernel: Kernel,
  { node, input, output }: Lowered,
  target: Target,
  offered?: Layout,
): Candidate | { readonly reason: string } {
  return kernel.candidate(node, input, output, target, offered) ?? { reason: 'it computes another op' };
}

/** A candidate as a case with random inputs. */
export function kernelCase(title: string, candidate: Candidate, { node, input, output }: Lowered, seed: number, samples = 4): KernelCase {
  const random = randomFrom(seed);
  return {
    title: `${candidate.kernel}: ${title}`,
    input: { layout: candidate.input, shape: input.shape },
    output: { layout: candidate.output, shape: output.shape },
    tables: candidate.tables,
    generated: candidate.generated,
    scratchWords: candidate.scratchWords,
    inPlace: candidate.inPlace,
    byRows: candidate.byRows,
    call: candidate.call,
    samples: Array.from({ length: samples }, (_, sample) => {
      const data = randomElements(input, random, sample);
      const right = evaluateNode(node, [{ type: input, data }], output).data;
      return { input: storedBytes(data, candidate.input, input.shape), output: storedBytes(right, candidate.output, output.shape) };
    }),
  };
}
