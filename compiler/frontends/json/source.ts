/**
 * From which file a JSON model was written, and whether it is still what was written then. The digest covers everything
 * but the source itself, so spaces and line breaks may change and no value may.
 */
import { sha256 } from '../../support/hash.ts';
import type { ImportedSource } from '../frontend.ts';
import { printJson, type JsonValue } from './print.ts';
import type { DocumentJson } from './schema.ts';

type Fields = Readonly<Record<string, JsonValue | undefined>>;

export function digestOf(document: Fields): string {
  const { source: _source, $schema: _schema, ...model } = document;
  const present = Object.entries(model).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return sha256(new TextEncoder().encode(printJson(Object.fromEntries(present))));
}

/**
 * Undefined where the model says nothing of its source, or was changed since.
 * @param asWritten the same document with its keys in the order of the file
 */
export function unchangedSource(document: DocumentJson, asWritten: unknown): ImportedSource | undefined {
  const { source } = document;
  if (source === undefined || source.digest !== digestOf(asWritten as Fields)) return undefined;
  const options = Object.entries(source.options).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { file: source.file, sha256: source.sha256, options: Object.fromEntries(options) };
}
