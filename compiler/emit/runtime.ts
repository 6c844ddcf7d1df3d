/** The functions of runtime-c that a header carries: cut out of the sources, with everything they use. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../support/package-root.ts';

/** One guarded piece of runtime-c: its comment, its guard and the text between. */
export interface RuntimeBlock {
  readonly guard: string;
  readonly file: string;
  /** With comment and guard, as it stands in the file. */
  readonly text: string;
  /** bnn1_ names that it defines. */
  readonly defines: readonly string[];
  /** bnn1_ names that it uses and does not define. */
  readonly uses: readonly string[];
}

const BLOCK = /(?:^\/\*(?:(?!\*\/)[\s\S])*?\*\/\n)?^#ifndef (BNN1_\w+)\n[\s\S]*?^#endif \/\* \1 \*\/$/gm;
const DEFINITION = /(?:static inline [\w ]+[ *]|^#define |^\} )(bnn1_\w+)/gm;

/** Needed by every header: includes, ROM access, static assertions. */
const BASE_GUARDS: readonly string[] = ['BNN1_INCLUDES', 'BNN1_ROM', 'BNN1_STATIC_ASSERT'];

export function runtimeFolder(): string {
  return join(packageRoot(import.meta.url), 'runtime-c');
}

const blocksOfFolder = new Map<string, readonly RuntimeBlock[]>();

/** Every block of runtime-c, files in alphabetical order. Read once: the package does not change while it runs. */
export function runtimeBlocks(folder: string = runtimeFolder()): readonly RuntimeBlock[] {
  const blocks = blocksOfFolder.get(folder) ?? readBlocks(folder);
  blocksOfFolder.set(folder, blocks);
  return blocks;
}

function readBlocks(folder: string): readonly RuntimeBlock[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.h') && name !== 'bnn.h');
  return files.sort().flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    return [...source.matchAll(BLOCK)].map((match) => {
      const [text, guard = ''] = match;
      const defines = [...text.matchAll(DEFINITION)].map(([, name = '']) => name);
      const used = [...text.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/\bbnn1_\w+/g)].map(([name]) => name);
      return { guard, file, text, defines, uses: [...new Set(used)].filter((name) => !defines.includes(name)) };
    });
  });
}

/** The blocks that define these names, and those that they need, each after everything it uses. */
export function blocksFor(names: readonly string[], blocks: readonly RuntimeBlock[] = runtimeBlocks()): readonly RuntimeBlock[] {
  const ordered: RuntimeBlock[] = [];
  const add = (block: RuntimeBlock): void => {
    if (ordered.includes(block)) return;
    for (const name of block.uses) {
      const needed = blocks.find((b) => b.defines.includes(name));
      if (needed !== undefined && needed !== block) add(needed);
    }
    ordered.push(block);
  };
  for (const guard of BASE_GUARDS) {
    const block = blocks.find((b) => b.guard === guard);
    if (block === undefined) throw new Error(`runtime-c has no ${guard}`);
    add(block);
  }
  for (const name of names) {
    const block = blocks.find((b) => b.defines.includes(name));
    if (block === undefined) throw new Error(`runtime-c does not define ${name}`);
    add(block);
  }
  return ordered;
}

/** BNN_RUNTIME_ABI of runtime-c/bnn.h. */
export function runtimeAbi(folder: string = runtimeFolder()): number {
  const match = /^#define BNN_RUNTIME_ABI (\d+)$/m.exec(readFileSync(join(folder, 'bnn.h'), 'utf8'));
  if (match === null) throw new Error('runtime-c/bnn.h has no ABI number');
  return Number(match[1]);
}
