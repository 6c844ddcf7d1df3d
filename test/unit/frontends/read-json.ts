/** What the tests of the JSON frontend share. */
import type { Imported, SideFiles } from '../../../compiler/frontends/frontend.ts';
import { json } from '../../../compiler/frontends/json/index.ts';
import { realValues } from '../../../compiler/ir/encoding.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import type { TensorData } from '../../../compiler/ir/types.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';

export const NO_FILES: SideFiles = { list: () => [], read: () => undefined };

/** Files beside the model, in memory. */
export function filesOf(files: Readonly<Record<string, Uint8Array>>): SideFiles {
  return {
    list: () => Object.keys(files),
    read: (name, offset = 0, length) => {
      const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
      const end = offset + (length ?? (bytes?.length ?? 0) - offset);
      return bytes === undefined || end > bytes.length || offset > end ? undefined : bytes.slice(offset, end);
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** A document around these nodes, on an input of 4 bits unless it says otherwise. */
export function document(nodes: readonly unknown[], fields: Fields = {}): Fields {
  return { format: 'bnnc', version: 1, input: { type: 'b1', shape: 4 }, nodes, ...fields };
}

export function readText(text: string, side: SideFiles = NO_FILES, output: string | null = null): Imported {
  return json.read(new TextEncoder().encode(text), side, { file: 'net.json', output }, new Diagnostics());
}

export function read(model: Fields, side: SideFiles = NO_FILES, output: string | null = null): Imported {
  return readText(JSON.stringify(model, null, 1), side, output);
}

/** The diagnostics of a model that must be refused. */
export function problemsOfText(text: string, side: SideFiles = NO_FILES, output: string | null = null): readonly Diagnostic[] {
  return problemsIn(() => readText(text, side, output));
}

export function problemsOf(model: Fields, side: SideFiles = NO_FILES, output: string | null = null): readonly Diagnostic[] {
  return problemsOfText(JSON.stringify(model, null, 1), side, output);
}

/** Code, field and details of each problem, for comparison. */
export function summaryOf(problems: readonly Diagnostic[]): readonly string[] {
  return problems.map(({ code, message, details = [], help }) =>
    [code, message, ...details, ...(help === undefined ? [] : [help])].join(' | '),
  );
}

/** The outputs as real numbers. */
export function run({ graph }: Imported, input: TensorData): readonly number[] {
  return Array.from(realValues(interpret(graph, input)), (value) => value + 0);
}
