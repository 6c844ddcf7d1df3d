/**
 * Nothing is half there: every op has a kernel or something that removes it, every C function and template is used, every
 * diagnostic code is reported somewhere, every name and sentence that users see is in form.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksFor, runtimeBlocks } from '../compiler/emit/runtime.ts';
import { FRONTENDS } from '../compiler/frontends/index.ts';
import { NO_PADDING } from '../compiler/ir/attributes.ts';
import { GraphBuilder, type Replacement } from '../compiler/ir/builder.ts';
import { PLAIN } from '../compiler/ir/encoding.ts';
import { typeOf } from '../compiler/ir/graph.ts';
import { OPS, type AttrsOf, type OpKind } from '../compiler/ir/ops/index.ts';
import type { TensorType } from '../compiler/ir/types.ts';
import { ELEMENT_KERNELS } from '../compiler/kernels/elements/index.ts';
import { KERNELS } from '../compiler/kernels/index.ts';
import { PIPELINE } from '../compiler/passes/index.ts';
import { CODES } from '../compiler/support/codes.ts';
import { VERSION } from '../compiler/support/version.ts';
import { listTargets, loadTarget } from '../compiler/targets/load.ts';
import { textFiles } from './architecture/text.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const under = (folder: string): readonly string[] => textFiles(ROOT, join(ROOT, folder));
const compiler = under('compiler').map((path) => [path, read(path)] as const);
const passNames = Object.values(PIPELINE).flatMap((passes) => passes.map(({ name }) => name));

/** What becomes of an op. `kernel`: this smallest lowered node has one. `pass`: that pass removes it. `file`: that file deals with it. */
type Fate<K extends OpKind> =
  { readonly kernel: AttrsOf<K>; readonly input: TensorType } | { readonly pass: string } | { readonly file: string; readonly why: string };

/** A fate whose op is only known at run time. */
type AnyFate = { readonly kernel: object; readonly input: TensorType } | Exclude<Fate<never>, { readonly kernel: unknown }>;

const bits = (shape: readonly number[]): TensorType => ({ dtype: 'b1', shape, encoding: PLAIN });
const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING } as const;
const linear = {
  weights: { kind: 'binary', outputs: 1, signs: Int8Array.of(1, -1), scale: Float32Array.of(1) },
  bias: null,
  sum: 'exact',
  threshold: Int32Array.of(0),
} as const;

/** A new op does not type-check here until its fate is named. */
const FATES: { readonly [K in OpKind]: Fate<K> } = {
  conv2d: { kernel: { ...linear, ...window, groups: 1, padValue: 0 }, input: bits([1, 1, 2]) },
  dense: { kernel: linear, input: bits([2]) },
  'max-pool': { kernel: { ...window, minimum: null }, input: bits([1, 1, 2]) },
  invert: { kernel: { channels: Uint8Array.of(1, 0) }, input: bits([1, 1, 2]) },
  threshold: {
    kernel: { thresholds: Int32Array.of(1), directions: Int8Array.of(1) },
    input: { dtype: 'u8', shape: [2], encoding: PLAIN },
  },
  slice: { kernel: { ranges: [{ start: 1, size: 1, step: 1 }] }, input: bits([2]) },
  concat: { kernel: {}, input: bits([2]) },
  'batch-norm': { pass: 'fold-batch-norm' },
  sign: { pass: 'fold-threshold' },
  compare: { file: 'compiler/driver/meaning.ts', why: 'becomes a sign' },
  select: { file: 'compiler/driver/meaning.ts', why: 'becomes what a sign is worth' },
  elementwise: { file: 'compiler/kernels/elements/steps.ts', why: 'before a sign it becomes a threshold, elsewhere C statements' },
  combine: { file: 'compiler/plan/element-block.ts', why: 'a stage of an element' },
  'average-pool': { file: 'compiler/kernels/elements/pools.ts', why: 'an element of a window' },
  reshape: { file: 'compiler/plan/choose.ts', why: 'the same memory under another shape' },
  rescale: { file: 'compiler/plan/choose.ts', why: 'the same memory with another worth' },
};

describe('every op', () => {
  it.each(Object.keys(OPS) as OpKind[])('%s has a kernel, or what removes it exists', (kind) => {
    const fate: AnyFate = FATES[kind];
    if ('pass' in fate) expect(passNames).toContain(fate.pass);
    else if ('file' in fate) expect(read(fate.file)).toContain(kind === 'elementwise' ? 'steps' : `'${kind}'`);
    else {
      const origin = { file: 'x', path: kind };
      const step = { kind, attrs: fate.kernel } as Replacement;
      const builder = new GraphBuilder('one');
      const graph = builder.finish(builder.replacement(step, kind, [builder.input('x', fate.input, origin)], origin));
      const [node] = graph.nodes;
      if (node === undefined) throw new Error('no node');
      const results = KERNELS.map((k) => k.candidate(node, [fate.input], typeOf(graph, graph.output), loadTarget('host'), []));
      expect(results.filter((result) => result !== undefined && !('reason' in result)).length).toBeGreaterThan(0);
    }
  });
});

describe('every C function', () => {
  const library = [...KERNELS.filter(({ form }) => form === 'library'), ...ELEMENT_KERNELS].map(({ symbol }) => symbol);

  it.each(library)('%s, which a kernel calls, is in runtime-c', (symbol) => {
    expect(runtimeBlocks().flatMap(({ defines }) => defines)).toContain(symbol);
  });

  it('is called by a kernel, by a generated function, or by another one', () => {
    const blocks = runtimeBlocks();
    const defined = new Set(blocks.flatMap(({ defines }) => defines));
    // Kernels, conversions, scores and templates name what they call in full.
    const callers = [...compiler.map(([, text]) => text), ...under('templates').map(read)].join('\n');
    const roots = [...new Set([...callers.matchAll(/\bbnn1_\w+/g)].map(([name]) => name))].filter((name) => defined.has(name));
    const used = new Set(blocksFor(roots).map(({ guard }) => guard));
    expect(blocks.map(({ guard }) => guard).filter((guard) => !used.has(guard))).toEqual([]);
  });

  it('is in a file that bnn.h includes', () => {
    const included = [...read('runtime-c/bnn.h').matchAll(/#include "(.*)"/g)].map(([, file]) => file);
    expect([...new Set(runtimeBlocks().map(({ file }) => file))].sort()).toEqual([...included].sort());
  });
});

describe('every declaration of the TypeScript evaluator', () => {
  const evaluator = read('templates/evaluator.ts');
  const names = [...evaluator.matchAll(/^export (?:function|interface) (\w+)/gm)].map(([, name = '']) => name);
  const emitter = under('compiler/emit').map(read).join('\n');

  it.each(names)('%s is printed by an operation or used by another one', (name) => {
    const uses = evaluator.split(new RegExp(`\\b${name}\\b`)).length - 1;
    expect(uses > 1 || emitter.includes(`'${name}'`)).toBe(true);
  });
});

describe('every template', () => {
  it('is named by the code', () => {
    const code = compiler.map(([, text]) => text).join('\n');
    const unused = under('templates')
      .filter((path) => path.endsWith('.hbs'))
      .map((path) => path.replace(/^templates\//, '').replace(/\.hbs$/, ''))
      .filter((name) => !code.includes(`'${name}'`) && !code.includes(`'${name.replace(/^kernels\//, '')}'`));
    expect(unused).toEqual([]);
  });
});

describe('every diagnostic code', () => {
  const elsewhere = compiler.filter(([path]) => path !== 'compiler/support/codes.ts').map(([, text]) => text);
  it.each(Object.keys(CODES))('%s is reported somewhere', (code) => {
    expect(elsewhere.some((text) => text.includes(`'${code}'`))).toBe(true);
  });

  it('has a title of its own and paragraphs that end', () => {
    const entries = Object.values(CODES);
    expect(new Set(entries.map(({ title }) => title)).size).toBe(entries.length);
    for (const { title, explanation } of entries) {
      expect(title).not.toMatch(/[.!?]$/);
      expect(explanation.length).toBeGreaterThan(0);
      for (const paragraph of explanation) expect(paragraph).toMatch(/[.)]$/);
    }
  });
});

describe('every sentence', () => {
  const docs = [
    ...Object.values(OPS).map(({ kind, doc }) => [kind, doc] as const),
    ...Object.values(PIPELINE).flatMap((passes) => passes.map(({ name, doc }) => [name, doc] as const)),
    ...[...KERNELS, ...ELEMENT_KERNELS].map(({ name, doc }) => [name, doc] as const),
    ...FRONTENDS.map(({ name, doc }) => [name, doc] as const),
    ...listTargets().map((name) => [name, loadTarget(name).doc] as const),
  ];
  it.each(docs)('about %s is one', (_name, doc) => {
    expect(doc).toMatch(/^[^\s].*\.$/);
  });
});

describe('every kernel', () => {
  it('has a name of its own', () => {
    const names = [...KERNELS, ...ELEMENT_KERNELS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that is generated has a template whose name begins its own', () => {
    const templates = readdirSync(join(ROOT, 'templates/kernels')).map((file) => file.replace(/\.hbs$/, ''));
    const without = KERNELS.filter(({ form, name }) => form === 'generated' && !templates.some((template) => name.startsWith(template)));
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

describe('the version', () => {
  it('is the same everywhere', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(VERSION).toBe(version);
    expect(read('CHANGELOG.md')).toContain(`## ${version}\n`);
  });
});

describe('licences', () => {
  it('of what ends up in firmware stand in every file', () => {
    const lacking = under('runtime-c')
      .filter((path) => path.endsWith('.h'))
      .filter((path) => !read(path).includes('SPDX-License-Identifier: Apache-2.0 OR MIT-0'));
    expect(lacking).toEqual([]);
  });
});
