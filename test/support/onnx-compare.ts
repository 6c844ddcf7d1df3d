/** Compares the reading of one operator with onnxruntime, or with its definition where onnxruntime lacks it. */
import { expect } from 'vitest';
import { inGraphOrder, randomSource, readModel, runImported, runOnnxRuntime } from '../unit/frontends/read-model.ts';
import { Draw, count } from './onnx-cases/case.ts';
import { CASES } from './onnx-cases/index.ts';
import { FOLDS } from './onnx-folds.ts';
import { OnnxModel } from './onnx-model.ts';

/** -0 and 0 are the same number. */
const plain = (values: ArrayLike<number>): number[] => Array.from(values, (value) => value + 0);

function opsetFor(draw: Draw, [first, last]: readonly [number, number]): number {
  return draw.int(first, last);
}

/** One random model of the case `op` on one random sample. */
export async function compareOperator(op: string, seed: number): Promise<void> {
  const found = CASES[op];
  if (found === undefined) throw new Error(`no case for ${op}`);
  const build = (magnitude: (value: number) => number) => {
    const draw = new Draw(randomSource(seed));
    const model = new OnnxModel(opsetFor(draw, found.opsets));
    const built = found.build(model, draw, magnitude);
    return { ...built, draw, bytes: model.bytes(built.output), opset: model.opset };
  };
  const { shape, terms, tolerance, means, draw, bytes, opset } = build((value) => value);
  const sample = draw.values(count(shape));
  const imported = readModel(bytes);
  const actual = plain(runImported(imported, sample));
  const wanted = plain(inGraphOrder(imported, means === undefined ? await runOnnxRuntime(bytes, shape, sample) : means(sample)));
  const about = `${op} at operator set ${opset} on [${shape.join(', ')}], seed ${seed}`;
  if (terms === undefined && tolerance === undefined) {
    expect(actual, about).toEqual(wanted);
    return;
  }
  expect(actual.length, about).toBe(wanted.length);
  if (terms === undefined) {
    actual.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? Number.NaN)), `${about}, output ${i}`).toBeLessThanOrEqual(tolerance ?? 0);
    });
    return;
  }
  const sums = runImported(readModel(build(Math.abs).bytes), sample.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] ?? Number.NaN)), `${about}, output ${i}`).toBeLessThanOrEqual(2 * terms * 2 ** -24 * (sums[i] ?? 0));
  });
}

/** One random constant subgraph with the operator `op`, added to zeros. */
export async function compareFold(op: string, seed: number): Promise<void> {
  const found = FOLDS[op];
  if (found === undefined) throw new Error(`no case for ${op}`);
  const build = (): { readonly model: OnnxModel; readonly output: string } => {
    const draw = new Draw(randomSource(seed));
    const model = new OnnxModel(opsetFor(draw, found.opsets));
    return { model, output: model.node('Cast', [found.build(model, draw)], { to: 1 }) };
  };
  const alone = build();
  alone.model.input('unused', [1]); // onnxruntime wants to be fed something
  const wanted = await runOnnxRuntime(alone.model.bytes(alone.output), [1], [0]);
  const { model, output } = build();
  const x = model.input('x', [1, wanted.length]);
  const y = model.node('Add', [x, model.node('Reshape', [output, model.integers([1, -1])])]);
  const actual = runImported(readModel(model.bytes(y)), new Float32Array(wanted.length));
  expect(plain(actual), `${op} at operator set ${model.opset}, seed ${seed}`).toEqual(plain(wanted));
}
