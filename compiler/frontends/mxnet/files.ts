/** The two files of a model: whichever the user names, the other stands beside it. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import type { SideFiles } from '../frontend.ts';
import { MOST_WEIGHT_BYTES } from '../limits.ts';
import { describeTensor } from '../tensor-file.ts';
import { isParams, readParams, type ParamsArray } from './params.ts';
import { readSymbol, type SymbolGraph } from './symbol.ts';

export interface Parts {
  readonly graph: SymbolGraph;
  /** Without `arg:` and `aux:`. */
  readonly arrays: ReadonlyMap<string, ParamsArray>;
  /** Name of the symbol file, and of the .params file. */
  readonly file: string;
  readonly paramsFile: string;
}

function readBeside(side: SideFiles, name: string): Uint8Array {
  const tooLarge = side.read(name, MOST_WEIGHT_BYTES, 0) !== undefined;
  return (
    (tooLarge ? undefined : side.read(name)) ??
    fail({
      code: 'BNN1001',
      message: `"${name}" cannot be read: it is no file${tooLarge ? ` of at most ${MOST_WEIGHT_BYTES} bytes` : ''}.`,
    })
  );
}

/** The .params files that a symbol may belong to: `NAME-0001.params`, the number being the epoch. */
function paramsOf(symbol: string, side: SideFiles): string {
  const prefix = symbol.replace(/-symbol\.json$|\.json$/, '');
  const found = side.list(`${prefix}-*.params`).filter((name) => /^-\d{4,}\.params$/.test(name.slice(prefix.length)));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  return fail({
    code: 'BNN1013',
    message: `"${symbol}" is the graph of an MXNet model; ${found.length === 0 ? 'its arrays are not beside it' : `${found.length} files of arrays are beside it`}.`,
    origin: { file: symbol, path: 'arrays' },
    details: found.length === 0 ? [`wanted  ${prefix}-0000.params, with the number of the epoch`] : found.map((name) => `found   ${name}`),
    help: found.length === 0 ? 'Copy the .params file into its folder.' : `Name the one to compile: bnnc compile ${only}.`,
  });
}

function symbolOf(params: string, arrays: ReadonlyMap<string, ParamsArray>, side: SideFiles): string {
  const name = `${params.replace(/-\d+\.params$|\.params$/, '')}-symbol.json`;
  if (side.list(name).includes(name)) return name;
  return fail({
    code: 'BNN1013',
    message: `"${params}" holds the arrays of an MXNet model; its graph is not beside it.`,
    origin: { file: params, path: 'arrays' },
    details: [`wanted  ${name}`, ...listAtMost(20, [...arrays], ([name, array]) => `array   ${describeTensor({ ...array, name })}`)],
    help: 'Copy the -symbol.json file into its folder. Files of save_parameters have no graph: use HybridBlock.export or Module.save_checkpoint, or describe it with --topology (docs/topologies.md).',
  });
}

/** Names as the graph has them, without `arg:` and `aux:`. */
export function withoutPrefix(arrays: ReadonlyMap<string, ParamsArray>): ReadonlyMap<string, ParamsArray> {
  return new Map([...arrays].map(([name, array]) => [name.replace(/^(?:arg|aux):/, ''), array]));
}

/** @throws UserError BNN1013 where the other file is missing or not the only one */
export function findParts(bytes: Uint8Array, side: SideFiles, file: string, diagnostics: Diagnostics): Parts {
  if (isParams(bytes)) {
    const arrays = withoutPrefix(readParams(bytes, file));
    const symbol = symbolOf(file, arrays, side);
    return { graph: readSymbol(readBeside(side, symbol), symbol, diagnostics), arrays, file: symbol, paramsFile: file };
  }
  const graph = readSymbol(bytes, file, diagnostics);
  const paramsFile = paramsOf(file, side);
  return { graph, arrays: withoutPrefix(readParams(readBeside(side, paramsFile), paramsFile)), file, paramsFile };
}
