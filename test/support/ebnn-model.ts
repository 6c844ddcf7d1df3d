/** Writes C as eBNN generates it. */

export interface Parts {
  readonly weights: readonly number[];
  readonly constants: Readonly<Record<'b' | 'beta' | 'gamma' | 'mean' | 'std', readonly number[]>>;
  readonly call: string;
  readonly numbers: readonly number[];
  readonly input?: 'float' | 'uint8_t';
}

/** One layer as eBNN writes it, its arrays in another order than its arguments. */
export function layer(name: string, { weights, constants, call, numbers, input = 'uint8_t' }: Parts): string {
  const floats = (['gamma', 'b', 'std', 'beta', 'mean'] as const).map(
    (part) => `float ${name}_${part}[${constants[part].length}] = {${constants[part].join(',')}};`,
  );
  const names = ['b', 'gamma', 'beta', 'mean', 'std'].map((part) => `${name}_${part}`);
  return [
    ...floats.slice(0, 2),
    `uint8_t ${name}_W[${weights.length}] = {${weights.join(',')}};`,
    ...floats.slice(2),
    `void ${name}(${input}* input, uint8_t* output){`,
    `  ${call}(input, ${name}_W, output, ${[...names, ...numbers].join(', ')});`,
    '}',
    '',
  ].join('\n');
}

export function header(layers: readonly string[], names: readonly string[]): string {
  const calls = names.map(
    (name, i) => `  ${name}(${i === 0 ? 'input' : `temp${i}`}, ${i === names.length - 1 ? 'output' : `temp${i + 1}`});`,
  );
  return [
    '#include "ebnn.h"',
    ...layers,
    'uint8_t temp1[9] = {0};',
    'void ebnn_compute(float *input, uint8_t *output){',
    ...calls,
    '}',
    '',
  ].join('\n');
}
