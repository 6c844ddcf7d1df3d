/** One network in two formats: what the compiler must make of both alike. */
import { dirname, join } from 'node:path';
import { readModel } from '../../compiler/cli/files.ts';
import { compileModel, type CompileOptions, type Compiled, type ModelSource } from '../../compiler/driver/compile.ts';
import type { InputWords } from '../../compiler/driver/options.ts';
import type { Node } from '../../compiler/ir/types.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { compileOptions } from './options.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

export interface Twin {
  /** Below fixtures/, or absolute. */
  readonly file: string;
  /** A topology by name, or a document beside the file. */
  readonly topology?: string;
  readonly words?: Partial<InputWords>;
}

function sourceOf({ file, topology }: Twin): ModelSource {
  const path = join(file.startsWith('/') ? '' : FIXTURES, file);
  return readModel(path, dirname(path), topology);
}

export function compileTwin(twin: Twin): Compiled {
  const options: CompileOptions = compileOptions(loadTarget('cortex-m4'), { ...twin.words, name: 'net' });
  return compileModel(sourceOf(twin), options);
}

/** All that lies in flash: packed weights, thresholds, constants of real layers. Names count layers and steps, which may differ. */
export function tablesOf({ plan }: Compiled) {
  return plan.tables.map(({ ctype, values }) => ({ ctype, values }));
}

/** Weights, thresholds and flipped channels of one integer layer, as they are packed into tables. */
export interface IntegerLayer {
  readonly op: Node['kind'];
  readonly signs: ArrayLike<number> | null;
  readonly thresholds: ArrayLike<number> | null;
  readonly directions: ArrayLike<number> | null;
}

function layerOf(node: Node): readonly IntegerLayer[] {
  if (node.kind === 'threshold')
    return [{ op: node.kind, signs: null, thresholds: node.attrs.thresholds, directions: node.attrs.directions }];
  if (node.kind === 'invert') return [{ op: node.kind, signs: node.attrs.channels, thresholds: null, directions: null }];
  if ((node.kind !== 'conv2d' && node.kind !== 'dense') || node.attrs.weights.kind !== 'binary') return [];
  return [{ op: node.kind, signs: node.attrs.weights.signs, thresholds: node.attrs.threshold, directions: null }];
}

/** The integer layers, in order of execution: for systems whose real layers round in another order than ONNX's. */
export function integerLayers({ lowered }: Compiled): readonly IntegerLayer[] {
  return lowered.nodes.flatMap(layerOf);
}
