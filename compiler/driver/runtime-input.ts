/** Samples as onnxruntime wants them: it reads the model file itself. */
import { elementCount, realValueOf } from '../ir/encoding.ts';
import { typeOf } from '../ir/graph.ts';
import type { Sample } from '../runner/onnxruntime.ts';
import type { Lowered } from './compile.ts';
import type { Samples } from './samples.ts';

/** Real numbers in the order of the file, or stored ones where the file's input is integer. */
export function runtimeInput(
  { reference, imported }: Pick<Lowered, 'reference' | 'imported'>,
  samples: Samples,
): (index: number) => Sample {
  const type = typeOf(reference, reference.input);
  const { dtype } = typeOf(imported.graph, imported.graph.input);
  const real = realValueOf(type);
  const length = elementCount(type.shape);
  const channels = type.shape.at(-1) ?? 1;
  return (index) => {
    const stored = samples.at(index);
    const sample = dtype === 'u8' ? new Uint8Array(length) : dtype === 'i8' ? new Int8Array(length) : new Float32Array(length);
    for (let i = 0; i < length; i += 1) {
      const value = stored[i] as number;
      sample[imported.inputOrder === null ? i : (imported.inputOrder[i] as number)] = dtype === 'f32' ? real(value, i % channels) : value;
    }
    return sample;
  };
}
