/** C programs that call single kernels, without any plan: each case reads its inputs, calls, and writes what came out. */
import { tableRows } from '../../compiler/emit/literals.ts';
import { render } from '../../compiler/emit/render.ts';
import { runtimeFolder } from '../../compiler/emit/runtime.ts';
import type { Call, Candidate, GeneratedFunction, Layout, Table } from '../../compiler/kernels/kernel.ts';
import { runProgram } from '../../compiler/runner/emulator.ts';
import { disposeProgram, type BuildRequest } from '../../compiler/runner/toolchain.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { buildOrExplain } from './build.ts';

/** One function of the runtime on one shape, with the bytes of its inputs and of the outputs that are right. */
export interface KernelCase {
  readonly title: string;
  readonly inputs: readonly { readonly layout: Layout; readonly shape: readonly number[] }[];
  readonly output: { readonly layout: Layout; readonly shape: readonly number[] };
  readonly tables: readonly Table[];
  readonly generated: readonly GeneratedFunction[];
  readonly scratchWords: number;
  readonly inPlace: boolean;
  /** True: every output is computed a second time, one row a call. */
  readonly byRows: boolean;
  readonly calls: Candidate['calls'];
  readonly samples: readonly { readonly inputs: readonly Uint8Array[]; readonly output: Uint8Array }[];
}

/** A sample of a case whose output was not the expected one. */
export interface Difference {
  readonly title: string;
  readonly sample: number;
  readonly rows: 'all rows in one call' | 'one row a call';
  readonly expected: string;
  readonly actual: string;
}

/** Any read or write outside an object and any undefined arithmetic ends the program. Without inlining it compiles much faster. */
export const SANITIZE: readonly string[] = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-inline'];

const CASES_A_FILE = 60;

/** Builds all cases into one program, runs it, and compares. */
export async function runKernelCases(
  target: Target,
  cases: readonly KernelCase[],
  build: Partial<BuildRequest> = {},
): Promise<readonly Difference[]> {
  const groups = Array.from({ length: Math.ceil(cases.length / CASES_A_FILE) }, (_, g) =>
    cases.slice(g * CASES_A_FILE, (g + 1) * CASES_A_FILE).map((c, i) => ({ c, index: g * CASES_A_FILE + i })),
  );
  const units = groups.map((group, g): readonly [string, string] => [
    `unit${g}.c`,
    [
      '#include "bnn.h"',
      '#include "board.h"',
      `void unit${g}(void);`,
      ...group.flatMap(({ c }) => c.generated.map(generatedText)),
      ...group.map(({ c, index }) => caseText(c, index)),
      `void unit${g}(void) {\n${group.map(({ index }) => `  case_${index}();`).join('\n')}\n}`,
    ].join('\n'),
  ]);
  const main = [
    ...groups.map((_, g) => `void unit${g}(void);`),
    'int main(void) {',
    ...groups.map((_, g) => `  unit${g}();`),
    '  return 0;',
    '}',
  ];
  const program = await buildOrExplain({
    target,
    files: { ...Object.fromEntries(units), 'main.c': main.join('\n') },
    includeDirectories: [runtimeFolder()],
    ...build,
  });
  try {
    const input = Buffer.concat(cases.flatMap((c) => c.samples.flatMap((s) => s.inputs)));
    const { output } = await runProgram(program, { input, timeoutSeconds: 300 });
    return compare(cases, output);
  } finally {
    await disposeProgram(program);
  }
}

function generatedText({ template, symbol, view }: GeneratedFunction): string {
  return render(`kernels/${template}`, { ...view, symbol, guard: symbol.toUpperCase() });
}

function tableText(prefix: string, table: Table): string {
  return `static const ${table.ctype} ${prefix}_${table.name}[${table.values.length}] BNN1_ROM = {\n${tableRows(table).join(',\n')}};`;
}

function callText({ symbol, shape, arguments: list }: Call): string {
  const fields = shape?.fields.map(([, value]) => `${value}`).join(', ');
  const text = `${symbol}(${[...(shape ? ['&shape'] : []), ...list].join(', ')});`;
  return shape ? `{ const ${shape.type} shape = { ${fields} }; ${text} }` : `{ ${text} }`;
}

/** Bytes as they are, anything else as words. */
function arrayText(name: string, layout: Layout, bytes: number): string {
  return layout.kind === 'bytes' ? `static unsigned char ${name}[${bytes}];` : `static uint32_t ${name}[${bytes / 4}];`;
}

function caseText(c: KernelCase, index: number): string {
  const name = `c${index}`;
  const [sample] = c.samples;
  const xs = c.inputs.map((_, i) => `${name}_x${i}`);
  const [x = '', ...more] = xs;
  const y = c.inPlace ? x : `${name}_y`;
  const [height = 1] = c.output.shape;
  const outputBytes = sample?.output.length ?? 0;
  const call = (target: string, rows: [string, string]): string =>
    c
      .calls({ xs: [x, ...more], y: target, scratch: `${name}_scratch`, table: (table) => `${name}_${table}`, rows })
      .map(callText)
      .join(' ');
  return [
    `/* ${c.title} */`,
    ...c.tables.map((table) => tableText(name, table)),
    ...c.inputs.map(({ layout }, i) => arrayText(xs[i] ?? '', layout, sample?.inputs[i]?.length ?? 0)),
    ...(c.inPlace ? [] : [arrayText(y, c.output.layout, outputBytes)]),
    ...(c.scratchWords > 0 ? [`static int32_t ${name}_scratch[${c.scratchWords}];`] : []),
    `static void case_${index}(void) {`,
    '  uint16_t sample;',
    `  for (sample = 0; sample < ${c.samples.length}u; sample++) {`,
    ...xs.map((input) => `    (void)board_read(${input}, sizeof ${input});`),
    ...(c.inPlace ? [] : [`    memset(${y}, 0xA5, sizeof ${y});`]),
    `    ${call(y, ['0u', `${height}u`])}`,
    `    board_write(${y}, sizeof ${y});`,
    ...(c.byRows
      ? [
          `    memset(${y}, 0x5A, sizeof ${y});`,
          `    { uint16_t row; for (row = 0; row < ${height}u; row++) ${call(`${y} + row * ${outputBytes / 4 / height}u`, ['row', '(uint16_t)(row + 1u)'])} }`,
          `    board_write(${y}, sizeof ${y});`,
        ]
      : []),
    '  }',
    '}',
  ].join('\n');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function compare(cases: readonly KernelCase[], output: Uint8Array): readonly Difference[] {
  const differences: Difference[] = [];
  let at = 0;
  for (const { title, samples, byRows } of cases) {
    samples.forEach(({ output: right }, sample) => {
      for (const rows of byRows ? (['all rows in one call', 'one row a call'] as const) : (['all rows in one call'] as const)) {
        const actual = output.subarray(at, at + right.length);
        at += right.length;
        if (hex(actual) !== hex(right)) differences.push({ title, sample, rows, expected: hex(right), actual: hex(actual) });
      }
    });
  }
  if (at !== output.length) throw new Error(`the program wrote ${output.length} bytes where ${at} were expected`);
  return differences;
}
