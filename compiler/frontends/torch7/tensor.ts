/** The elements of tensors, which are views of storages: all parameters of a network usually share one. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import type { ElementData } from '../../support/elements.ts';
import { gather, isRowMajor, lastIndex } from '../../support/strided.ts';
import { describeValue, type TensorObject } from './values.ts';

/** Elements that the tensors of one file may have together: 256 MiB of float32. */
const MOST_DECODED = 2 ** 26;

/** What is left of the elements that may be decoded. */
export interface Budget {
  left: number;
}

export function newBudget(): Budget {
  return { left: MOST_DECODED };
}

function spend(budget: Budget, count: number, tensor: TensorObject, origin: Origin): void {
  budget.left -= count;
  if (budget.left >= 0) return;
  fail({
    code: 'BNN1009',
    message: `with ${describeValue(tensor)} the network has more than ${MOST_DECODED} parameters; no microcontroller holds as many.`,
    origin,
  });
}

/**
 * The elements of a tensor, row-major, as the file holds them.
 * @throws UserError BNN1009 for a view beyond its storage, or too many elements
 */
export function tensorElements(tensor: TensorObject, budget: Budget, origin: Origin): ElementData {
  const { sizes, strides, offset, storage } = tensor;
  const place: Origin = { ...origin, position: { byte: tensor.at } };
  const count = sizes.length === 0 ? 0 : elementCount(sizes);
  if (count === 0) return new Float32Array(0);
  const last = lastIndex(tensor);
  if (storage === null || offset < 0 || last >= storage.count) {
    return fail({
      code: 'BNN1009',
      message: `${describeValue(tensor)} reaches beyond its storage.`,
      origin: place,
      details: [
        `first element  ${offset + 1}`,
        `strides        ${strides.join(', ')}`,
        `last element   ${last + 1}`,
        `storage        ${storage === null ? 'none' : `${storage.count} elements`}`,
      ],
      help: 'The file is damaged: compare its size with the original.',
    });
  }
  spend(budget, count, tensor, place);
  if (isRowMajor(tensor)) return storage.read(offset, count);
  spend(budget, last - offset + 1, tensor, place);
  const all = storage.read(offset, last - offset + 1);
  return gather(all, { sizes, strides }, new Float64Array(count));
}
