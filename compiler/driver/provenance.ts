/**
 * Which model a result speaks of. A JSON model that bnnc wrote, and that nobody changed since, is the model file it was
 * written from with its meaning fixed: results cite that file, and the options that fixed the meaning, as if they had been
 * made from it, because the same bytes would have been. Everything else is cited as it lies there.
 */
import type { Imported, ImportedSource } from '../frontends/frontend.ts';
import { sameType } from '../ir/encoding.ts';
import { typeOf, valueOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph } from '../ir/types.ts';
import { namesOf } from '../plan/names.ts';
import type { Provenance } from '../plan/plan.ts';
import { fail } from '../support/diagnostics.ts';
import { sha256 } from '../support/hash.ts';
import { VERSION } from '../support/version.ts';
import type { CompileOptions, ModelSource } from './compile.ts';
import type { InputWords } from './options.ts';

/** The options that decide what a model means and what its names are, by their names without dashes. */
export type MeaningWords = Readonly<Record<string, string>>;

/** A command as it reads for this model file and these options. */
export type CommandText = (file: string, words: MeaningWords) => string;

type Named = InputWords & Pick<CompileOptions, 'name' | 'from' | 'output'>;

/** In the order in which a command shows them. */
export function meaningWords(options: Named, topology: ModelSource['topology'] = null): MeaningWords {
  const all: readonly (readonly [string, string | null])[] = [
    ['name', options.name],
    ['from', options.from],
    ['topology', topology?.word ?? null],
    ['input-shape', options.inputShape],
    ['input', options.input],
    ['output', options.output],
    ['input-scale', options.inputScale],
    ['input-offset', options.inputOffset],
    ['mean', options.mean],
    ['std', options.std],
    ['sign-zero', options.signZero],
  ];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/**
 * The meaning of a model that bnnc has written is settled: other input options would not give what they give on its source.
 * @throws UserError BNN2008
 */
export function checkSettled(imported: Imported, reference: Graph, options: InputWords): void {
  const { source, graph } = imported;
  if (source === undefined) return;
  const [stated, wanted] = [typeOf(graph, graph.input), typeOf(reference, reference.input)];
  const otherZero = options.signZero !== null && options.signZero !== (source.options['sign-zero'] ?? options.signZero);
  if (sameType(stated, wanted) && !otherZero) return;
  fail({
    code: 'BNN2008',
    message: 'the meaning of this model was fixed when it was written, and these options are others',
    origin: valueOf(graph, graph.input).origin,
    details: [
      `model   ${printType(stated)}${source.options['sign-zero'] === undefined ? '' : `, --sign-zero ${source.options['sign-zero']}`}`,
      `wanted  ${printType(wanted)}${options.signZero === null ? '' : `, --sign-zero ${options.signZero}`}`,
    ],
    help: `Leave the options out, or compile ${source.file} with them.`,
  });
}

/** The source that a model may be cited as: it is unchanged, and the whole of it is compiled. */
export function citedSource({ bytes, file, topology }: ModelSource, { source }: Imported, options: Named): ImportedSource {
  if (source === undefined || options.output !== null) return { file, sha256: sha256(bytes), options: meaningWords(options, topology) };
  const { name: _, ...rest } = source.options;
  const name = options.name ?? source.options['name'];
  return { ...source, options: name === undefined ? rest : { name, ...rest } };
}

/** What the C prefix is made from. */
export function nameOf(model: ModelSource, imported: Imported, options: Named): string {
  return options.name ?? imported.name ?? model.file;
}

/** The C prefix. */
export function prefixOf(model: ModelSource, imported: Imported, options: Named): string {
  return namesOf(nameOf(model, imported, options)).prefix;
}

export function provenanceOf(model: ModelSource, imported: Imported, options: CompileOptions): Omit<Provenance, 'abi'> {
  const cited = citedSource(model, imported, options);
  const { command } = options;
  return {
    version: VERSION,
    modelFile: cited.file,
    sha256: cited.sha256,
    command: typeof command === 'string' ? command : command(cited.file, cited.options),
  };
}

/** What a reader of the result should know. */
export function notesOf(imported: Imported, { signZero }: InputWords): readonly string[] {
  const own = signZero === null ? [] : [`sign(0) is ${signZero === 'plus' ? '+1' : '-1'} by --sign-zero where the file leaves it 0`];
  return [...new Set([...imported.notes, ...own])];
}
