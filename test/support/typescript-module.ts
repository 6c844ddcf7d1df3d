/** Emitted TypeScript modules as running code. */
import ts from 'typescript';
import { printModule } from '../../compiler/emit/ts.ts';
import type { Library } from '../../compiler/emit/ts-library.ts';
import type { DType, Graph, TensorData } from '../../compiler/ir/types.ts';
import { buildEvaluator } from '../../compiler/plan/build-evaluator.ts';
import type { EvaluatorPlan } from '../../compiler/plan/evaluator.ts';

type Input = Uint8Array | Int8Array | Uint32Array;
type Output = Float32Array | Int32Array;

/** What every emitted module exports; the last three depend on the network. */
export interface EvaluatorModule {
  readonly inputShape: readonly number[];
  readonly outputLength: number;
  readonly run: (input: Input, output?: Output) => Output;
  readonly predict?: (input: Input) => number;
  readonly predictClass?: (input: Input) => string;
  readonly pack?: (signs: ArrayLike<number>) => Uint32Array;
}

/** Types removed, as any bundler does it, and imported as the module that it is. */
export async function load(text: string): Promise<EvaluatorModule> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.ESNext, erasableSyntaxOnly: true },
  });
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`)) as EvaluatorModule;
}

/** The plan of a lowered graph. */
export function evaluatorOf(lowered: Graph, classes: readonly string[] | null = null): EvaluatorPlan {
  const provenance = { version: '0.0.0', modelFile: 'test', sha256: '0'.repeat(64), command: 'test' };
  return buildEvaluator(lowered, { name: 'net', provenance, classes, notes: [] });
}

export function moduleText(lowered: Graph, library: Library): string {
  return printModule(evaluatorOf(lowered), library);
}

/** Stored elements as the module takes them. */
export function inputFor(module: EvaluatorModule, dtype: DType, data: TensorData): Input {
  if (dtype === 'b1') {
    if (module.pack === undefined) throw new Error('a network on bits has no pack');
    return module.pack(data);
  }
  return dtype === 'i8' ? Int8Array.from(data) : Uint8Array.from(data);
}

/** Bits of scores, for comparison: -0 is not 0. */
export function bitsOf(scores: ArrayLike<number> & { readonly buffer: ArrayBufferLike; readonly byteOffset: number }): string {
  return Buffer.from(scores.buffer, scores.byteOffset, scores.length * 4).toString('hex');
}
