/** Names of tensors that the file of weights does not have. */
import { tensorHelp, type TensorFile } from '../tensor-file.ts';
import type { FieldProblem, Problems } from './problems.ts';
import type { Path } from './syntax.ts';

interface Named {
  readonly path: Path;
  readonly name: string;
}

/** Every `{ "tensor": NAME }` in the JSON value at `path`. */
function tensorsIn(path: Path, value: unknown): readonly Named[] {
  if (typeof value !== 'object' || value === null) return [];
  // Arrays may hold millions of numbers: only their objects are looked at.
  if (Array.isArray(value)) return value.flatMap((entry, index) => (typeof entry === 'object' ? tensorsIn([...path, index], entry) : []));
  return Object.entries(value).flatMap(([key, entry]) =>
    key === 'tensor' && typeof entry === 'string' ? [{ path: [...path, key], name: entry }] : tensorsIn([...path, key], entry),
  );
}

/** @param tensors null for a model of its own, which has no such file */
export function noTensor(tensors: TensorFile | null, name: string): FieldProblem {
  if (tensors === null) {
    return {
      what: 'names a tensor, and this file is compiled without a file of weights',
      seen: name,
      help: 'Compile the file of weights, and give this one with --topology.',
      code: 'BNN1009',
    };
  }
  return { what: `is no tensor of "${tensors.file}"`, seen: name, help: tensorHelp(tensors, name), code: 'BNN1009' };
}

/** Adds a problem for each tensor that the JSON value at `path` names and the file does not have; one where there is no such file. */
export function addMissingTensors(path: Path, value: unknown, tensors: TensorFile | null, problems: Problems): void {
  const missing = tensorsIn(path, value).filter(({ name }) => tensors?.tensors.has(name) !== true);
  for (const each of tensors === null ? missing.slice(0, 1) : missing) problems.add(each.path, noTensor(tensors, each.name));
}
