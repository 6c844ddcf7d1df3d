/** The file system, seen from the command line: models in, results out. */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { MODEL_ENDINGS, type ModelSource } from '../driver/compile.ts';
import { fail, type Problem } from '../support/diagnostics.ts';
import { listAtMost } from '../support/list-at-most.ts';

function systemMessage(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sentences: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is no directory',
    EACCES: 'permission is denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space is left on the device',
    ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  };
  return sentences[code] ?? (error instanceof Error ? error.message : String(error));
}

function readOr(path: string, shown: string, problem: (why: string) => Problem): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    return fail(problem(`"${shown}" cannot be read: ${systemMessage(error)}`));
  }
}

/** Names of files in a folder that end as models do, for a message about a folder given as a model. */
function modelsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder)
      .filter((name) => MODEL_ENDINGS.some((ending) => name.endsWith(ending)))
      .sort();
    return listAtMost(12, names, (name) => name);
  } catch {
    return [];
  }
}

/** A document that --topology names, or the name of a published topology where there is no such file. @throws UserError BNN1001 */
function readTopology(word: string, cwd: string): NonNullable<ModelSource['topology']> {
  const full = resolve(cwd, word);
  if (!existsSync(full) && !/[\\/]|\.json$/.test(word)) return { word, document: null };
  const bytes = readOr(full, word, (message) => ({ code: 'BNN1001', message, help: 'Check the path behind --topology.' }));
  return { word: basename(full), document: { file: basename(full), bytes } };
}

/**
 * A model file, with access to the files beside it.
 * @param topology what --topology says
 * @throws UserError BNN1001
 */
export function readModel(path: string, cwd: string = process.cwd(), topology?: string): ModelSource {
  const full = resolve(cwd, path);
  const bytes = readOr(full, path, (message) => {
    const models = modelsIn(full);
    const help = models.length > 0 ? `Give one of the models in it: ${models.join(', ')}.` : 'Check the path.';
    return { code: 'BNN1001', message, help };
  });
  const source = { bytes, file: basename(full), side: sideFiles(dirname(full)) };
  return topology === undefined ? source : { ...source, topology: readTopology(topology, cwd) };
}

/** @throws UserError BNN4001 */
export function readData(path: string, cwd: string): Uint8Array {
  return readOr(resolve(cwd, path), path, (message) => ({ code: 'BNN4001', message, help: 'Check the path.' }));
}

/** Files beside a model. Links that lead out of the folder do not exist for it. */
function sideFiles(folder: string): ModelSource['side'] {
  const inside = (name: string): string | undefined => {
    try {
      const root = realpathSync(folder);
      const path = realpathSync(resolve(root, name));
      return path.startsWith(root.endsWith(sep) ? root : root + sep) && statSync(path).isFile() ? path : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    list: (pattern) => {
      const expression = new RegExp(
        `^${pattern
          .split('*')
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
      );
      return readdirSync(folder)
        .filter((name) => expression.test(name))
        .sort();
    },
    read: (name, offset = 0, length) => {
      const path = inside(name);
      return path === undefined ? undefined : readRange(path, offset, length);
    },
  };
}

function readRange(path: string, offset: number, length: number | undefined): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const count = length ?? size - offset;
    if (offset < 0 || count < 0 || offset + count > size) return undefined;
    const bytes = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const got = readSync(file, bytes, done, count - done, offset + done);
      if (got === 0) return undefined;
      done += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Where a path leads, behind links. */
function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A result never takes the place of the model it was made from. @throws UserError BNN6001 */
export function refuseOverwriting(model: string, out: string, noun: string, cwd: string): void {
  if (behindLinks(resolve(cwd, model)) !== behindLinks(resolve(cwd, out))) return;
  fail({
    code: 'BNN6001',
    message: `The ${noun} would be written over the model "${model}" itself`,
    help: 'Name another file with -o.',
  });
}

/**
 * Writes a whole file or nothing: under a temporary name beside it, then renamed. What is no file, such as a pipe or
 * /dev/null, is written to: a rename would put a file in its place.
 * @throws UserError BNN6001
 */
export function writeResult(path: string, text: string, cwd: string): void {
  const full = behindLinks(resolve(cwd, path));
  const temporary = join(dirname(full), `.${basename(full)}.${process.pid}.tmp`);
  try {
    if (statSync(full, { throwIfNoEntry: false })?.isFile() === false) {
      writeFileSync(full, text);
      return;
    }
    writeFileSync(temporary, text);
    renameSync(temporary, full);
  } catch (error) {
    rmSync(temporary, { force: true });
    fail({
      code: 'BNN6001',
      message: `"${path}" cannot be written: ${existsSync(dirname(full)) ? systemMessage(error) : 'its folder does not exist'}`,
      help:
        existsSync(full) && statSync(full).isDirectory()
          ? `Name a file in it, such as ${join(path, 'model.h')}.`
          : 'Check that the folder exists and may be written.',
    });
  }
}
