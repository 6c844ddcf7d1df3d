/** `node --import` this: modules in TypeScript run on every Node.js that bnnc supports, also on those that do not strip types. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import process from 'node:process';
import { URL, fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node runs the hooks below in a thread of their own, which loads this file again.
if (isMainThread) register(import.meta.url);

const CACHE = new URL('../../build/javascript/', import.meta.url);

/** The text of a module without its types. Kept by content: loading the TypeScript compiler takes seconds. */
async function withoutTypes(file) {
  const text = await readFile(file, 'utf8');
  const kept = new URL(`${createHash('sha256').update(`${file}\n${text}`).digest('hex')}.js`, CACHE);
  try {
    return await readFile(kept, 'utf8');
  } catch {
    const { default: ts } = await import('typescript');
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, inlineSourceMap: true },
      fileName: file,
    });
    const unfinished = new URL(`${kept.href}.${process.pid}`);
    await mkdir(CACHE, { recursive: true });
    await writeFile(unfinished, outputText);
    await rename(unfinished, kept);
    return outputText;
  }
}

/** A hook of node:module. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'module', source: await withoutTypes(fileURLToPath(url)), shortCircuit: true };
}
