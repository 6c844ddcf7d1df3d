/** Constants of an evaluator step as TypeScript declarations. */
import type { EvaluatorFraction, EvaluatorLayer, EvaluatorOperation, EvaluatorStep, EvaluatorWindow } from '../plan/evaluator.ts';

const LINE = 100;

/** Every double has one shortest text that reads back as itself; only -0 would lose its sign. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `[1, 2, 3]`, on several lines when it is long. */
function list(items: readonly string[]): string {
  const text = items.join(', ');
  if (text.length <= LINE) return `[${text}]`;
  const rows: string[] = [];
  let line = '';
  for (const item of items) {
    if (line.length + item.length + 2 > LINE) {
      rows.push(line);
      line = '';
    }
    line += line === '' ? `${item},` : ` ${item},`;
  }
  return `[\n${[...rows, line].map((row) => `  ${row}`).join('\n')}\n]`;
}

const numbers = (values: ArrayLike<number>): string => list(Array.from(values, numberText));

/** uint32 words as base64 of their little-endian bytes: a third of the size of hexadecimal literals. */
function wordsText(values: Uint32Array): string {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((word, i) => bytes.setUint32(i * 4, word, true));
  const base64 = Buffer.from(bytes.buffer).toString('base64');
  if (base64.length <= LINE) return `words('${base64}')`;
  return `words(\`\n${(base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []).map((line) => `  ${line}`).join('\n')}\n\`)`;
}

/** An object of lines of fields. */
function record(fields: readonly string[]): string {
  return `{\n${fields.map((line) => `  ${line},`).join('\n')}\n}`;
}

/** A list with a line for each item. */
function lines(items: readonly string[]): string {
  return `[\n${items.map((item) => `  ${item},`).join('\n')}\n]`;
}

function pair([first, second]: readonly [number, number]): string {
  return `[${first}, ${second}]`;
}

function windowFields(window: EvaluatorWindow): readonly string[] {
  const { height, width, rows, columns, kernel, stride, dilation, padding } = window;
  return [
    `height: ${height}, width: ${width}, rows: ${rows}, columns: ${columns}`,
    `kernel: ${pair(kernel)}, stride: ${pair(stride)}, dilation: ${pair(dilation)}, padding: ${pair(padding)}`,
  ];
}

/** One stream in the file, a run for each tap in memory. */
function expanded({ inputs, outputs, kernel, weights }: EvaluatorLayer): string {
  const count = outputs * kernel[0] * kernel[1] * inputs;
  return `regroup(${wordsText(weights)}, ${count}, ${count}, ${inputs})`;
}

function layerText(layer: EvaluatorLayer): string {
  const { groups, inputs, outputs, pad, weights } = layer;
  const fields = [
    ...windowFields(layer),
    `groups: ${groups}, inputs: ${inputs}, outputs: ${outputs}, pad: ${pad}`,
    `weights: ${inputs % 32 === 0 ? wordsText(weights) : expanded(layer)}`,
  ];
  return record(fields);
}

/** A step as a call of a function of templates/evaluator.ts. */
interface Printed {
  readonly call: string;
  /** Its arguments behind the value that it reads and before its constant. */
  readonly sizes: readonly (number | string)[];
  /** What else of templates/evaluator.ts the constant needs. */
  readonly uses: readonly string[];
  /** Type of the constant, or null where the value tells it. */
  readonly type: string | null;
  readonly value: string | null;
}

const BARE = { sizes: [], uses: [], type: null, value: null } as const;

function printed(operation: EvaluatorOperation): Printed {
  switch (operation.kind) {
    case 'transform': {
      const value = `{ multiplier: ${numbers(operation.multiplier)}, addend: ${numbers(operation.addend)} }`;
      return { ...BARE, call: 'transformed', uses: ['Transform'], type: 'Transform', value };
    }
    case 'pick': {
      const ranges = operation.ranges.map(({ start, size, step }) => `{ start: ${start}, size: ${size}, step: ${step} }`);
      return {
        ...BARE,
        call: 'picked',
        sizes: [numbers(operation.shape)],
        uses: ['Range'],
        type: 'readonly Range[]',
        value: lines(ranges),
      };
    }
    case 'join':
      return { ...BARE, call: 'joined', sizes: [numbers(operation.channels)] };
    case 'spread':
      return { ...BARE, call: 'signed', sizes: [operation.count, operation.run] };
    case 'regroup':
      return { ...BARE, call: 'regroup', sizes: [operation.count, operation.from, operation.to] };
    case 'sum-bits':
    case 'sum-elements': {
      const { layer } = operation;
      const uses = ['Layer', 'words', ...(layer.inputs % 32 === 0 ? [] : ['regroup'])];
      return { ...BARE, call: operation.kind === 'sum-bits' ? 'sumBits' : 'sumIntegers', uses, type: 'Layer', value: layerText(layer) };
    }
    case 'reach':
      return { ...BARE, call: 'reaches', sizes: [operation.channels], value: `new Int32Array(${numbers(operation.thresholds)})` };
    case 'any':
      return { ...BARE, call: 'anyOf', sizes: [operation.words], type: 'Window', value: record(windowFields(operation.window)) };
    case 'flip':
      return { ...BARE, call: 'flip', uses: ['words'], value: wordsText(operation.mask) };
    case 'scale':
      return { ...BARE, call: 'scaled', type: 'readonly number[]', value: numbers(operation.scale) };
    case 'round':
      return { ...BARE, call: 'rounded', uses: ['Fraction'], type: 'readonly Fraction[]', value: lines(operation.fractions.map(fraction)) };
    case 'steps':
      return { ...BARE, call: 'stepped', uses: ['Step'], type: 'readonly Step[]', value: lines(operation.steps.map(floatStep)) };
  }
}

function fraction({ factor, constant, divisor, scale, offset }: EvaluatorFraction): string {
  const exact = `factor: ${factor}n, constant: ${constant}n, divisor: ${divisor}n`;
  return `{ ${exact}, scale: ${numberText(scale)}, offset: ${numberText(offset)} }`;
}

function floatStep({ operator, values }: Extract<EvaluatorOperation, { kind: 'steps' }>['steps'][number]): string {
  return `{ operator: '${operator}', values: new Float32Array(${numbers(values)}) }`;
}

/** What a step needs outside of `run`, and its line inside. */
export interface PrintedStep {
  /** Its constant; null for none. */
  readonly declaration: string | null;
  readonly statement: string;
  /** Names of templates/evaluator.ts. */
  readonly uses: readonly string[];
}

export function printStep({ result, inputs, constant, operation }: EvaluatorStep): PrintedStep {
  const { call, sizes, uses, type, value } = printed(operation);
  const read = operation.kind === 'join' ? `[${inputs.join(', ')}]` : inputs.join(', ');
  const list = [read, ...sizes.map(String), ...(value === null ? [] : [constant])];
  return {
    declaration: value === null ? null : `const ${constant}${type === null ? '' : `: ${type}`} = ${value};`,
    statement: `const ${result} = ${call}(${list.join(', ')});`,
    uses: [call, ...uses],
  };
}
