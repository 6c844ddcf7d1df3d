/** Views of arrays with sizes, strides and an offset. */
import { expect, it } from 'vitest';
import { columnMajorStrides, gather, isRowMajor, lastIndex, rowMajorStrides, type View } from '../../../compiler/support/strided.ts';

const source = Float32Array.from({ length: 24 }, (_, i) => i);
const gathered = (view: View): readonly number[] => {
  const count = view.sizes.reduce((product, size) => product * size, 1);
  return Array.from(gather(source, view, new Float64Array(count)));
};

it('strides of an array are those of C or of Fortran', () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(columnMajorStrides([2, 3, 4])).toEqual([1, 2, 6]);
  expect(rowMajorStrides([])).toEqual([]);
});

it('a view is gathered row by row', () => {
  const sizes = [2, 3, 4];
  const strides = [1, 2, 6];
  const wanted: number[] = [];
  for (let i = 0; i < 2; i += 1) for (let j = 0; j < 3; j += 1) for (let k = 0; k < 4; k += 1) wanted.push(i + 2 * j + 6 * k);
  expect(gathered({ sizes, strides })).toEqual(wanted);
});

it.each<readonly [string, View, readonly number[]]>([
  ['of one element', { sizes: [], strides: [], offset: 5 }, [5]],
  ['of none', { sizes: [2, 0], strides: [1, 1] }, []],
  ['that goes backwards', { sizes: [2, 3], strides: [-12, -1], offset: 14 }, [14, 13, 12, 2, 1, 0]],
  ['that repeats', { sizes: [2, 2], strides: [0, 3], offset: 1 }, [1, 4, 1, 4]],
  ['with axes of size 1', { sizes: [1, 2, 1], strides: [99, 5, 99] }, [0, 5]],
])('a view %s is gathered', (_what, view, wanted) => {
  expect(gathered(view)).toEqual(wanted);
});

it('the last element and whether all follow each other are known before', () => {
  expect(lastIndex({ sizes: [2, 3], strides: [10, 2], offset: 3 })).toBe(17);
  expect(isRowMajor({ sizes: [2, 3], strides: [3, 1], offset: 3 })).toBe(true);
  expect(isRowMajor({ sizes: [2, 1, 3], strides: [3, 77, 1] })).toBe(true);
  expect(isRowMajor({ sizes: [2, 3], strides: [4, 1] })).toBe(false);
});
