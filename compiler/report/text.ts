/** Plans as text for a person. */
import type { LayerRow, Plan, Price } from '../plan/plan.ts';
import { printable } from '../support/printable.ts';

/** Columns padded to their widest cell, two spaces between; numbers to the right. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => /^[\d,.\-–]*( B| %)?$/.test(row[column] ?? '')));
  const cell = (value: string, column: number): string => {
    const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...value].length));
    return numeric[column] === true ? space + value : value + space;
  };
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n') + '\n';
}

export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** One line a layer: what it is, its kernel and its price. */
export function layerTable(layers: readonly LayerRow[]): string {
  return table([
    ['layer', 'op', 'input', 'output', 'kernel', 'flash', '≈instructions'],
    ...layers.map((l) => [l.name, l.op, l.input, l.output, l.kernel, `${grouped(l.tableBytes)} B`, grouped(l.instructions)]),
  ]);
}

/** Kernels that cannot be taken, those with the same reason together. */
function refusedRows({ name, alternatives }: LayerRow): readonly (readonly string[])[] {
  const refused = alternatives.flatMap(({ kernel, reason }) => (reason === null ? [] : [{ kernel, reason }]));
  return [...new Set(refused.map(({ reason }) => reason))].map((reason) => {
    const [first = '', ...more] = refused.filter((other) => other.reason === reason).map(({ kernel }) => kernel);
    return [name, more.length === 0 ? first : `${first} and ${more.length} more`, '–', '–', '–', `no: ${reason}`];
  });
}

/** What each layer was given, what else it could have been given, at what price, and why not the others. */
export function alternativesText(layers: readonly LayerRow[]): string {
  const row = (layer: string, kernel: string, { instructions, flash, ram }: Price, note: string): readonly string[] => [
    ...[layer, kernel, grouped(instructions), `${grouped(flash)} B`, `${grouped(ram)} B`, note],
  ];
  const rows = layers.flatMap((layer) => {
    const { name, kernel, price, alternatives } = layer;
    if (price === null) return [];
    const possible = alternatives.flatMap((other) => (other.reason === null ? [row(name, other.kernel, other, 'possible')] : []));
    return [row(name, kernel, price, 'taken'), ...possible, ...refusedRows(layer)];
  });
  const head = ['layer', 'kernel', '≈instructions', 'flash', 'RAM', 'taken, possible, or why not'];
  return rows.length === 0 ? '' : table([head, ...rows]);
}

/** What a stored element is worth; lists have one entry per channel. */
function scaleText({ input }: Plan): string {
  const list = (values: Plan['input']['scale']): string => values.map(({ exact }) => exact).join(', ');
  const offset = list(input.offset);
  return `${list(input.scale)} · element${offset === '0' ? '' : offset.startsWith('-') && !offset.includes(',') ? ` - ${offset.slice(1)}` : ` + ${offset}`}`;
}

/** Flash and RAM of a plan in one paragraph. */
export function billText(plan: Plan): string {
  const bytes = plan.workspaceWords * 4;
  const bound = Math.max(1, plan.workspaceLowerBoundWords) * 4;
  return (
    `tables     ${grouped(plan.tableBytes)} bytes of flash; code comes on top (bnnc verify measures it)\n` +
    `workspace  ${grouped(bytes)} bytes of RAM${bytes === bound ? ', the least possible' : `; the lower bound is ${grouped(bound)}`}; stack comes on top\n` +
    `input      ${grouped(plan.input.length)} elements as ${plan.input.ctype}, real number = ${scaleText(plan)}\n` +
    `output     ${grouped(plan.output.length)} scores as ${plan.output.ctype}\n`
  );
}

/** A plan as data, for programs: sizes in bytes, nothing that belongs to this computer. */
export interface PlanData {
  /** Prefix of the C names. */
  readonly name: string;
  readonly target: string;
  readonly model: { readonly file: string; readonly sha256: string };
  readonly input: { readonly type: string; readonly length: number; readonly image: Plan['input']['image'] };
  readonly output: { readonly type: string; readonly length: number; readonly image: Plan['output']['image'] };
  readonly tableBytes: number;
  readonly workspaceBytes: number;
  /** No arrangement of the buffers can be smaller. */
  readonly workspaceLowerBoundBytes: number;
  readonly layers: Plan['layers'];
  readonly slots: Plan['slots'];
  readonly classes: readonly string[] | null;
  readonly notes: readonly string[];
}

/** The same facts as data. Stable keys. */
export function planData(plan: Plan): PlanData {
  return {
    name: plan.names.prefix,
    target: plan.target,
    model: { file: plan.provenance.modelFile, sha256: plan.provenance.sha256 },
    input: { type: plan.input.ctype, length: plan.input.length, image: plan.input.image },
    output: { type: plan.output.ctype, length: plan.output.length, image: plan.output.image },
    tableBytes: plan.tableBytes,
    workspaceBytes: plan.workspaceWords * 4,
    workspaceLowerBoundBytes: Math.max(1, plan.workspaceLowerBoundWords) * 4,
    layers: plan.layers,
    slots: plan.slots,
    classes: plan.classes,
    notes: plan.notes,
  };
}
