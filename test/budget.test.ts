/**
 * Sizes that may not grow unnoticed: tables and workspace of each fixture in bytes, and lines of each folder of compiler/. A
 * number above its budget fails; raising the budget is an edit of test/budget.json, with the reason in the commit message.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileModel, type CompileOptions } from '../compiler/driver/compile.ts';
import { loadTarget } from '../compiler/targets/load.ts';
import { textFiles } from './architecture/text.ts';
import { compileOptions } from './support/options.ts';

interface Budget {
  /** Planned for cortex-m4, --optimize size. */
  readonly fixtures: Readonly<
    Record<string, { readonly input: string | null; readonly tableBytes: number; readonly workspaceBytes: number }>
  >;
  readonly lines: Readonly<Record<string, number>>;
}

const ROOT = join(import.meta.dirname, '..');
const budget = JSON.parse(readFileSync(join(ROOT, 'test/budget.json'), 'utf8')) as Budget;

/** A sentence for each number above its budget. */
function overruns(what: string, actual: Readonly<Record<string, number>>, allowed: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(actual).flatMap(([name, value]) => {
    const limit = allowed[name];
    if (limit === undefined) return [`${what} ${name} is ${value} and has no budget: add it to test/budget.json`];
    if (value <= limit) return [];
    return [
      `${what} ${name} is ${value}, ${value - limit} above its budget of ${limit}: make it smaller, or edit test/budget.json and say why`,
    ];
  });
}

function optionsFor(inputScale: string | null): CompileOptions {
  return compileOptions(loadTarget('cortex-m4'), { ...(inputScale === null ? {} : { input: 'u8', inputScale }) });
}

describe('the budget', () => {
  it('is a limit that names what is above it', () => {
    expect(overruns('lines', { a: 11, b: 5, c: 1 }, { a: 10, b: 5 })).toEqual([
      'lines a is 11, 1 above its budget of 10: make it smaller, or edit test/budget.json and say why',
      'lines c is 1 and has no budget: add it to test/budget.json',
    ]);
  });

  it.each(Object.entries(budget.fixtures))('of %s is kept', (name, { input, ...allowed }) => {
    const bytes = readFileSync(join(ROOT, 'fixtures', name, 'model.onnx'));
    const source = { bytes, file: 'model.onnx', side: { list: () => [], read: () => undefined } };
    const { plan } = compileModel(source, optionsFor(input));
    const actual = { tableBytes: plan.tableBytes, workspaceBytes: plan.workspaceWords * 4 };
    expect(overruns(name, actual, allowed)).toEqual([]);
  });

  it('of the source is kept', () => {
    const actual: Record<string, number> = {};
    for (const path of textFiles(ROOT, join(ROOT, 'compiler'))) {
      if (path.endsWith('_pb.ts') || !path.endsWith('.ts')) continue; // generated
      const [, first = '', second] = path.split('/');
      const folder = second === undefined ? 'compiler' : `compiler/${first}`;
      actual[folder] = (actual[folder] ?? 0) + readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1;
    }
    expect(overruns('lines of', actual, budget.lines)).toEqual([]);
  });
});
