/** What users of an emitted TypeScript module see: its types, its errors, its text. */
import { ts } from 'ts-morph';
import { beforeAll, describe, expect, it } from 'vitest';
import { openLibrary, openProject, type Library } from '../../../compiler/emit/ts-library.ts';
import { emitTypescript, printModule } from '../../../compiler/emit/ts.ts';
import type { Graph } from '../../../compiler/ir/types.ts';
import { lowerGraph } from '../../support/compile-graph.ts';
import { buildNetwork } from '../../support/random-graph.ts';
import { SIMPLE as INTEGER_SCORES, type Recipe } from '../../support/recipe.ts';
import { evaluatorOf, load } from '../../support/typescript-module.ts';

const CLASSES = ['zero', 'one', 'two', '"three"', 'fünf */', 'b', 'c', 'd', 'e', 'f'];
/** 42 bytes in, 10 float scores out. */
const SIMPLE: Recipe = { ...INTEGER_SCORES, final: { ...INTEGER_SCORES.final, norm: 'scale-shift' } };
const BITS: Recipe = { ...SIMPLE, input: { ...SIMPLE.input, dtype: 'b1', encoding: 'plain' } };

function lowered(recipe: Recipe): Graph {
  const { graph, meaning } = buildNetwork(recipe);
  return lowerGraph(graph, meaning).lowered;
}

let library: Library;
let texts: Readonly<Record<'bytes' | 'bits' | 'unnamed', string>>;

beforeAll(async () => {
  const project = await openProject();
  library = await openLibrary(project);
  texts = {
    bytes: printModule(evaluatorOf(lowered(SIMPLE), CLASSES), library),
    bits: printModule(evaluatorOf(lowered(BITS)), library),
    unnamed: printModule(evaluatorOf(lowered(SIMPLE), ['too', 'few']), library),
  };
});

/** Problems of a consumer of ./bytes.ts and ./bits.ts, by line. */
async function problemsOf(consumer: string): Promise<readonly string[]> {
  const project = await openProject();
  project.compilerOptions.set({
    isolatedDeclarations: false,
    noUnusedLocals: false,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
  });
  for (const [name, text] of Object.entries(texts)) project.createSourceFile(`${name}.ts`, text);
  const file = project.createSourceFile('consumer.ts', consumer);
  expect(project.getPreEmitDiagnostics().filter((problem) => problem.getSourceFile() !== file)).toEqual([]);
  return file.getPreEmitDiagnostics().map((problem) => {
    const message = problem.getMessageText();
    return `${problem.getLineNumber() ?? 0}: ${typeof message === 'string' ? message : message.getMessageText()}`;
  });
}

describe('types of a module', () => {
  it('are literal shapes, lengths and class names, and exact arrays', async () => {
    const consumer = `
import { classes, inputLength, inputShape, outputLength, predict, predictClass, run, type ClassName, type Input, type Output } from './bytes.ts';
import { inputWords, pack, run as runBits } from './bits.ts';
const shape: readonly [6, 7, 1] = inputShape;
const length: 42 = inputLength;
const words: 2 = inputWords;
const scores: 10 = outputLength;
const first: 'zero' = classes[0];
const quoted: '"three"' | 'fünf */' = classes[3];
const name: 'zero' | 'one' | 'two' | '"three"' | 'fünf */' | 'b' | 'c' | 'd' | 'e' | 'f' = predictClass(new Uint8Array(42));
const same: ClassName = name;
const input: Input = new Uint8Array(inputLength);
const output: Output = run(input, new Float32Array(outputLength));
const place: number = predict(input);
runBits(pack([1, -1]));
`;
    expect(await problemsOf(consumer)).toEqual([]);
  });

  it('refuse other arrays, other names and another shape', async () => {
    const consumer = `import { inputShape, predict, run, type ClassName } from './bytes.ts';
import { run as runBits } from './bits.ts';
run(new Float32Array(42));
predict([1, 2, 3]);
runBits(new Uint8Array(42));
run(new Uint8Array(42), new Int32Array(10));
const name: ClassName = 'four';
const shape: readonly [7, 6, 1] = inputShape;
inputShape[0] = 3;
`;
    expect((await problemsOf(consumer)).map((problem) => Number(problem.split(':')[0]))).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('have no class names where the model has another number of them, and say so', async () => {
    expect(texts.unnamed).toContain('note   the model names 2 classes for 10 scores: they are left out');
    expect(await problemsOf("import { predictClass } from './unnamed.ts';\n")).toEqual([expect.stringContaining('predictClass')]);
  });
});

describe('a module', () => {
  it('refuses inputs and outputs of the wrong length or kind with a sentence', async () => {
    const { run, predict } = await load(texts.bytes);
    expect(() => run(new Uint8Array(41))).toThrow(new RangeError('The input must have 42 elements, not 41.'));
    expect(() => run(new Uint8Array(42), new Float32Array(11))).toThrow(new RangeError('The output must have 10 elements, not 11.'));
    expect(() => predict?.(new Int8Array(42))).toThrow(new TypeError('The input must be a Uint8Array, not Int8Array.'));
  });

  it('refuses bits beyond the input, and pack refuses another number of signs', async () => {
    const { run, pack } = await load(texts.bits);
    expect(() => run(Uint32Array.of(0, 1 << 10))).toThrow(
      new RangeError('The input has 42 bits: bit 10 and those above it must be 0 in its last word.'),
    );
    expect(() => pack?.([1])).toThrow(new RangeError('The input has 42 signs, not 1.'));
    expect(pack?.(Array.from({ length: 42 }, (_, i) => (i % 2) * 2 - 1))).toEqual(Uint32Array.of(0xaaaaaaaa, 0x2aa));
  });

  it('fills and returns the output that it is given, and leaves the input alone', async () => {
    const { run, predict, predictClass } = await load(texts.bytes);
    const input = Uint8Array.from({ length: 42 }, (_, i) => (i * 37) % 256);
    const before = Uint8Array.from(input);
    const output = new Float32Array(10).fill(NaN);
    expect(run(input, output)).toBe(output);
    expect(output).toEqual(run(input));
    expect(input).toEqual(before);
    const best = output.indexOf(Math.max(...output));
    expect([predict?.(input), predictClass?.(input)]).toEqual([best, CLASSES[best]]);
  });

  it('carries only what it uses', () => {
    expect(texts.bytes).not.toMatch(/function (?:rounded|nearestFloat|packed|checkUnused|transformed|signed)\b/);
    expect(texts.bytes).toMatch(/function sumWindows\b/);
    expect(texts.bits).toMatch(/function packed\b/);
  });

  it('needs nothing: no import, no global of a platform', () => {
    for (const text of Object.values(texts)) expect(text).not.toMatch(/\bimport\b|\brequire\b|\bBuffer\b|\batob\b|\bprocess\b|\bDate\b/);
  });

  it('cannot be broken by names in the model', () => {
    const graph = lowered(SIMPLE);
    const nodes = graph.nodes.map((node, i) => ({ ...node, name: ['*/ run', 'class', 'of', '1', '`${x}`', 'of', 'of'][i] ?? 'of' }));
    const plan = evaluatorOf({ ...graph, nodes });
    const results = plan.steps.map(({ result }) => result);
    expect(new Set(results).size).toBe(results.length);
    return expect(emitTypescript(plan)).resolves.toContain('* / run');
  });
});

describe('the library', () => {
  it('has no name that a value of a network can have', () => {
    const names = library([
      'checkArray',
      'sumBits',
      'sumIntegers',
      'reaches',
      'anyOf',
      'flip',
      'scaled',
      'rounded',
      'stepped',
      'regroup',
      'signed',
    ]);
    for (const text of names) expect(text).not.toMatch(/^function (?:bits|sums|signs|elements|terms|reals|scores)Of/m);
  });

  it('says which function is missing', () => {
    expect(() => library(['nothing'])).toThrow('templates/evaluator.ts has no nothing');
  });
});
