import { fileURLToPath } from 'node:url';

/**
 * The folder of the package (which holds `targets/` and `templates/`) as seen from the URL of one of its modules.
 * Modules run from `compiler/` in the repository and from `dist/compiler/` when installed.
 *
 * @param moduleUrl `import.meta.url` of any module of the compiler
 * @returns an absolute path without a trailing separator
 * @throws Error if the URL has no `/compiler/` in it (a bug: only modules of the compiler may ask)
 */
export function packageRoot(moduleUrl: string): string {
  const parts = ['/dist/compiler/', '/compiler/'].map((part) => moduleUrl.lastIndexOf(part));
  const [built = -1, source = -1] = parts;
  // Inside dist both are found; the shorter prefix is the package, unless an older dist/compiler/ lies further out.
  const end = built >= 0 && built + '/dist'.length === source ? built : source;
  if (end < 0) throw new Error(`${moduleUrl} is not a module of the compiler`);
  return fileURLToPath(moduleUrl.slice(0, end));
}
