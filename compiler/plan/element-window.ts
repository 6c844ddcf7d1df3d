/** A pool whose window is computed inside a function of elements: what it pools is never stored. */
import { storedMinimum } from '../ir/ops/max-pool.ts';
import type { NodeOf, TensorType } from '../ir/types.ts';
import type { TableNames } from '../kernels/elements/element.ts';
import { minimumOf } from '../kernels/elements/pools.ts';
import type { Table } from '../kernels/kernel.ts';
import { OUTSIDE } from './element-positions.ts';

export type WindowNode = NodeOf<'max-pool'> | NodeOf<'average-pool'>;

export interface WindowLines {
  readonly tables: readonly Table[];
  readonly symbols: readonly string[];
  /** Lines that compute the pooled element from lines that compute one of the window, under the same name. */
  readonly lines: (element: readonly string[], table: TableNames) => readonly string[];
}

/** @param input type of what is pooled. @param variable C name of the element: `acc` is an integer, `value` a float */
export function windowLines(node: WindowNode, input: TensorType, variable: 'acc' | 'value'): WindowLines {
  const { kernel, stride, dilation, padding } = node.attrs;
  const [height = 1, width = 1] = input.shape;
  const isReal = variable === 'value';
  const type = isReal ? 'float' : 'int32_t';
  const taken = node.kind === 'max-pool' ? largest(node, input, variable) : sum(node, variable);
  return {
    tables: taken.tables,
    symbols: ['bnn1_conv2d_tap', ...taken.symbols],
    lines: (element, table) => [
      `${type} best = ${isReal ? '0.0f' : '0'};`,
      ...taken.declared,
      'uint16_t ky, kx;',
      `for (ky = 0; ky < ${kernel[0]}u; ky++) {`,
      `    const int32_t py = bnn1_conv2d_tap(oy, ${stride[0]}u, ${padding.top}u, ky, ${dilation[0]}u, ${height}u);`,
      `    for (kx = 0; kx < ${kernel[1]}u; kx++) {`,
      `        const int32_t px = bnn1_conv2d_tap(ox, ${stride[1]}u, ${padding.left}u, kx, ${dilation[1]}u, ${width}u);`,
      '        if (py >= 0 && px >= 0) {',
      ...[...element, ...taken.each(table)].map((line) => `            ${line}`),
      '        }',
      '    }',
      '}',
      `${type} ${variable} = ${taken.result};`,
    ],
  };
}

interface Taken extends Omit<WindowLines, 'lines'> {
  readonly declared: readonly string[];
  /** What happens to an element of the window. */
  readonly each: (table: TableNames) => readonly string[];
  readonly result: string;
}

/** The first of equal ones, as the definition takes it. */
function largest({ attrs }: NodeOf<'max-pool'>, input: TensorType, variable: string): Taken {
  const { dtype: _, encoding: __, ...shaped } = input;
  const minimum = minimumOf(storedMinimum(attrs, variable === 'value' ? { ...shaped, dtype: 'f32' } : input));
  const wins = (flag: string): string => {
    if (flag === '0u') return `${variable} > best`;
    if (flag === '1u') return `${variable} < best`;
    return `(${flag} ? ${variable} < best : ${variable} > best)`;
  };
  return {
    tables: minimum.tables,
    symbols: minimum.tables.length === 0 ? [] : ['bnn1_rom_flag'],
    declared: ['uint8_t any = 0;'],
    each: (table) => [`if (!any || ${wins(minimum.read(table, OUTSIDE))}) {`, `    best = ${variable};`, '    any = 1;', '}'],
    result: 'best',
  };
}

/** Integers are worth their share of the sum; real numbers are divided. */
function sum({ attrs: { kernel, countPadding } }: NodeOf<'average-pool'>, variable: string): Taken {
  const isReal = variable === 'value';
  const counts = isReal && !countPadding;
  return {
    tables: [],
    symbols: [],
    declared: counts ? ['uint32_t count = 0;'] : [],
    each: () => [`best += ${variable};`, ...(counts ? ['count++;'] : [])],
    result: !isReal ? 'best' : counts ? 'best / (float)count' : `best / ${kernel[0] * kernel[1]}.0f`,
  };
}
