/** Prints an EvaluatorPlan as one TypeScript module. Everything that is decided stands in the plan; this file only lays out text. */
import type { EvaluatorPlan, ExactNumber } from '../plan/evaluator.ts';
import { columns, comment } from './comment.ts';
import { render } from './render.ts';
import { numberText, printStep } from './ts-constants.ts';
import { checkModules, openLibrary, openProject, type Library } from './ts-library.ts';

const INPUT_TYPES = { u8: 'Uint8Array', i8: 'Int8Array', b1: 'Uint32Array' } as const;
const OUTPUT_TYPES = { i32: 'Int32Array', f32: 'Float32Array' } as const;

/** The text of the module, which the TypeScript compiler has checked. Same plan, same bytes. */
export async function emitTypescript(plan: EvaluatorPlan): Promise<string> {
  const project = await openProject();
  const text = printModule(plan, await openLibrary(project));
  checkModules(project, { [`${plan.name}.ts`]: text });
  return text;
}

/** The text, unchecked. */
export function printModule(plan: EvaluatorPlan, library: Library): string {
  const steps = plan.steps.map((step) => ({ label: comment(step.label), ...printStep(step) }));
  const { input, output, classes, predict, result } = plan;
  const words = input.dtype === 'b1' ? Math.ceil(input.length / 32) : input.length;
  const hasUnused = input.dtype === 'b1' && input.length % 32 !== 0;
  const own = [
    'checkArray',
    ...(hasUnused ? ['checkUnused'] : []),
    ...(predict ? ['firstMaximum'] : []),
    ...(input.dtype === 'b1' ? ['packed'] : []),
  ];
  const text = render('model.ts', {
    name: plan.name,
    banner: bannerView(plan),
    input: {
      ...shapeView(input.shape),
      length: input.length,
      words,
      isBits: input.dtype === 'b1',
      hasUnused,
      type: INPUT_TYPES[input.dtype],
      doc: inputDoc(plan),
      meaning: `A stored element q is the model's real number inputScale * q + inputOffset, exactly: scale ${exactText(input.scale)}, offset ${exactText(input.offset)}.`,
      scale: numberOrList(input.scale),
      offset: numberOrList(input.offset),
    },
    output: {
      ...shapeView(output.shape),
      length: output.length,
      type: OUTPUT_TYPES[output.dtype],
      doc: output.dtype === 'f32' ? 'Scores: float32 numbers, larger is more likely.' : 'Scores: integers, larger is more likely.',
    },
    hasClasses: classes !== null,
    classes: (classes ?? []).map((text) => JSON.stringify(text)).join(', '),
    predict,
    steps: steps.map(({ statement }) => statement),
    result,
    library: library([...own, ...steps.flatMap(({ uses }) => uses)]),
    constants: steps.filter(({ declaration }) => declaration !== null),
  });
  return `${text.replace(/[ \t]+$/gm, '').trimEnd()}\n`;
}

function bannerView({ provenance, layers, notes }: EvaluatorPlan): object {
  const rows = [['layer', 'op', 'input', 'output'], ...layers.map((row) => [row.name, row.op, row.input, row.output])];
  return {
    version: provenance.version,
    model: comment(provenance.modelFile),
    sha256: provenance.sha256,
    command: comment(provenance.command),
    layers: columns(rows).map(comment),
    notes: notes.map(comment),
  };
}

function shapeView(shape: readonly number[]): object {
  return { shape: shape.join(', '), isImage: shape.length === 3 };
}

function inputDoc({ input }: EvaluatorPlan): string {
  switch (input.dtype) {
    case 'u8':
      return `Input: ${input.length} bytes.`;
    case 'i8':
      return `Input: ${input.length} signed bytes.`;
    case 'b1':
      return `Input: ${input.length} bits in one stream: element i is bit i % 32 of word i / 32, 1 for +1 and 0 for -1; unused bits are 0. See pack.`;
  }
}

function exactText(list: readonly ExactNumber[]): string {
  return list.map(({ exact }) => exact).join(', ');
}

/** One for all channels as a number, one for each as a list. */
function numberOrList(list: readonly ExactNumber[]): string {
  const texts = list.map(({ value }) => numberText(value));
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}] as const`;
}
