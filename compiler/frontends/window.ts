/** Windows that move over an image, with TensorFlow's padding. */

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** `same` has ceil(size / stride) windows, with the odd element of padding behind. */
  readonly padding: 'same' | 'valid';
}

export interface Geometry {
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
  /** Rows and columns of the result. */
  readonly size: readonly [number, number];
}

const LARGEST = 65_536;

/** On an image [batch][height][width][channels]; null for sizes that are no counts. */
export function geometryOf(shape: readonly number[], { kernel, stride, dilation, padding }: Window): Geometry | null {
  const isCount = (size: number): boolean => Number.isSafeInteger(size) && size >= 1 && size <= LARGEST;
  if (![...kernel, ...stride, ...dilation].every(isCount)) return null;
  const axis = (i: 0 | 1): readonly [before: number, after: number, size: number] => {
    const size = shape[i + 1] ?? 0;
    const extent = (kernel[i] - 1) * dilation[i] + 1;
    if (padding === 'valid') return [0, 0, Math.floor((size - extent) / stride[i]) + 1];
    const windows = Math.ceil(size / stride[i]);
    const total = Math.max(0, (windows - 1) * stride[i] + extent - size);
    return [Math.floor(total / 2), total - Math.floor(total / 2), windows];
  };
  const [rows, columns] = [axis(0), axis(1)];
  return { pads: [rows[0], columns[0], rows[1], columns[1]], size: [rows[2], columns[2]] };
}
