/** Float32 steps as C statements on one variable, one rounding each. */
import type { Step, StepOperator } from '../../ir/attributes.ts';
import type { Table } from '../kernel.ts';
import { floatTable } from '../real-score.ts';
import type { TableNames } from './element.ts';

export interface Statements {
  readonly tables: readonly Table[];
  readonly symbols: readonly string[];
  readonly lines: (table: TableNames) => readonly string[];
}

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** An infinite limit is no limit: what is limited is finite, so the largest float32 limits nothing either. */
function finite(value: number): number {
  return Math.max(-LARGEST_FLOAT, Math.min(LARGEST_FLOAT, value));
}

function limitsNothing({ operator, values }: Step): boolean {
  const none = operator === 'maximum' ? -Infinity : operator === 'minimum' ? Infinity : undefined;
  return none !== undefined && values.every((v) => v === none);
}

const FUNCTIONS: Readonly<Partial<Record<StepOperator, string>>> = { tanh: 'bnn1_tanh_f32', sigmoid: 'bnn1_sigmoid_f32' };

/** The statement of one operation on variable v with constant c. */
const STATEMENTS: { readonly [O in StepOperator]: (v: string, c: string) => string } = {
  add: (v, c) => `${v} = ${v} + ${c};`,
  subtract: (v, c) => `${v} = ${v} - ${c};`,
  multiply: (v, c) => `${v} = ${v} * ${c};`,
  divide: (v, c) => `${v} = ${v} / ${c};`,
  maximum: (v, c) => `${v} = ${v} < ${c} ? ${c} : ${v};`,
  minimum: (v, c) => `${v} = ${v} > ${c} ? ${c} : ${v};`,
  prelu: (v, c) => `${v} = ${v} < 0.0f ? ${v} * ${c} : ${v};`,
  absolute: (v) => `${v} = ${v} < 0.0f ? -${v} : ${v};`,
  tanh: (v) => `${v} = ${FUNCTIONS.tanh}(${v});`,
  sigmoid: (v) => `${v} = ${FUNCTIONS.sigmoid}(${v});`,
};

/** @param indexOf C expression of the entry in a table of that many constants */
export function stepStatements(steps: readonly Step[], variable: string, indexOf: (length: number) => string): Statements {
  const limiting = steps.filter((step) => !limitsNothing(step));
  const parts = limiting.map(({ operator, values }, i) => ({
    operator,
    index: indexOf(values.length),
    constant: floatTable(`${operator}_${i + 1}`, Array.from(values, finite), `float32 step ${i + 1}: ${operator}`),
  }));
  return {
    tables: parts.flatMap(({ constant }) => constant.tables),
    symbols: parts.flatMap(({ operator }) => FUNCTIONS[operator] ?? []),
    lines: (table) => parts.map(({ operator, index, constant }) => STATEMENTS[operator](variable, constant.read(table, index))),
  };
}
