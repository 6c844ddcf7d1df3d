/** The networks of scripts/full-size-models.ts as tests compile them. */
import { compileModel, type CompileOptions, type Compiled } from '../../compiler/driver/compile.ts';
import { randomSamples } from '../../compiler/driver/random-samples.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import type { TensorData } from '../../compiler/ir/types.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { FullSizeModel } from '../../scripts/full-size-models.ts';
import { compileOptions } from './options.ts';

export const HOST = loadTarget('host');

const OPTIONS: CompileOptions = compileOptions(HOST, { goal: 'speed', strict: true });

/** @param divisor of all widths */
export function compiledModel({ name, json }: FullSizeModel, divisor: number): Compiled {
  const bytes = new TextEncoder().encode(json(divisor));
  return compileModel({ bytes, file: `${name}.json`, side: { list: () => [], read: () => undefined } }, OPTIONS);
}

/** A pseudo-random input, always the same. */
export function inputOf({ reference }: Compiled): TensorData {
  return randomSamples(typeOf(reference, reference.input), 1).at(0);
}
