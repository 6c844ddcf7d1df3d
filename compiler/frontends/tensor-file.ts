/** Files that hold named tensors and say nothing, or too little, of the network that they belong to. */
import { elementCount } from '../ir/encoding.ts';
import type { Origin } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';
import type { ElementData, ElementType } from '../support/elements.ts';
import { listAtMost } from '../support/list-at-most.ts';

/** A tensor as it stands in the file, row-major. */
export interface StoredTensor {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Names the tensor, with the byte of the file where its elements begin where that is known. */
  readonly origin: Origin;
  /** Its elements, as many as the shape says; decoded when they are asked for. */
  readonly read: () => ElementData;
}

export interface TensorFile {
  /** File name as it is shown to the user. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export function tensorFile(file: string, tensors: Iterable<StoredTensor>): TensorFile {
  return { file, tensors: new Map(Array.from(tensors, (tensor) => [tensor.name, tensor])) };
}

/** `"fc1.weight" float32 [128, 784]` */
export function describeTensor({ name, element, shape }: Pick<StoredTensor, 'name' | 'element' | 'shape'>): string {
  return `"${name}" ${element} [${shape.join(', ')}]`;
}

/** The tensors of a file for a message, one each, cut at `most`. */
export function listTensors({ tensors }: TensorFile, most = 40): readonly string[] {
  return listAtMost(most, [...tensors.values()], (tensor) => `tensor  ${describeTensor(tensor)}`);
}

/** A sentence that helps with a name that no tensor has. */
export function tensorHelp({ tensors }: TensorFile, wanted: string): string {
  const near = nearest(wanted, [...tensors.keys()]);
  return near === undefined ? '`bnnc inspect` lists the tensors of the file.' : `Did you mean "${near}"?`;
}

export function sizeOf({ shape }: StoredTensor): number {
  return elementCount(shape);
}
