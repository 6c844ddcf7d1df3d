/** C programs with many compiled models: each reads its samples, runs, and writes scores and prediction. */
import { emitHeader, type HeaderOptions } from '../../compiler/emit/c.ts';
import { interpret } from '../../compiler/ir/interpret.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import type { TensorData } from '../../compiler/ir/types.ts';
import { argmax } from '../../compiler/driver/verify.ts';
import { sampleBytes } from '../../compiler/driver/samples.ts';
import { runProgram } from '../../compiler/runner/emulator.ts';
import { disposeProgram, type BuildRequest } from '../../compiler/runner/toolchain.ts';
import type { Plan } from '../../compiler/plan/plan.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { buildOrExplain } from './build.ts';
import type { CompiledGraph } from './compile-graph.ts';

/** A model whose prefix is its own in the program. */
export interface Model {
  readonly compiled: CompiledGraph;
  readonly inputs: readonly TensorData[];
}

/** The first sample of a model whose output is not what the reference graph says. */
export interface WrongModel {
  readonly index: number;
  readonly sample: number;
  readonly expected: string;
  readonly actual: string;
}

const INLINE: HeaderOptions = { linkage: 'static', runtime: 'inline' };
const MODELS_A_FILE = 40;

export async function runModels(
  target: Target,
  models: readonly Model[],
  build: Partial<BuildRequest> = {},
  options: HeaderOptions = INLINE,
): Promise<readonly WrongModel[]> {
  const program = await buildOrExplain({ target, files: filesOf(models, options), ...build });
  try {
    const { output } = await runProgram(program, { input: inputOf(models), timeoutSeconds: 600 });
    return wrongModels(models, output);
  } finally {
    await disposeProgram(program);
  }
}

/** Headers and sources. With extern linkage all implementations are in a file of their own. */
export function filesOf(models: readonly Model[], options: HeaderOptions = INLINE, extension = 'c'): Readonly<Record<string, string>> {
  const headers = models.map(({ compiled: { plan } }) => [`${plan.names.prefix}.h`, emitHeader(plan, options)] as const);
  const count = Math.ceil(models.length / MODELS_A_FILE);
  const units = Array.from({ length: count }, (_, u) => {
    const part = models.slice(u * MODELS_A_FILE, (u + 1) * MODELS_A_FILE);
    const includes = part.map(({ compiled: { plan } }) => `#include "${plan.names.prefix}.h"`);
    const lines = [
      ...includes,
      ...includes, // a second time: headers guard themselves
      '#include <string.h>',
      '#include "board.h"',
      `void unit_${u}(void);`,
      ...part.map(({ compiled: { plan }, inputs }) => modelText(plan, inputs.length)),
      `void unit_${u}(void)\n{\n${part.map(({ compiled: { plan } }) => `    try_${plan.names.prefix}();`).join('\n')}\n}\n`,
    ];
    return [`unit_${u}.${extension}`, lines.join('\n')] as const;
  });
  const calls = units.map((_, u) => `    unit_${u}();`);
  const main = [...units.map((_, u) => `void unit_${u}(void);`), 'int main(void)', '{', ...calls, '    return 0;', '}', ''].join('\n');
  const files = { ...Object.fromEntries([...headers, ...units]), [`main.${extension}`]: main };
  return options.linkage === 'extern' ? { ...files, [`implementations.${extension}`]: implementations(models) } : files;
}

function implementations(models: readonly Model[]): string {
  return models.map(({ compiled: { plan } }) => `#define ${plan.names.macro}_IMPLEMENTATION\n#include "${plan.names.prefix}.h"\n`).join('');
}

function modelText({ names: { prefix, macro }, input, predict }: Plan, samples: number): string {
  return `
static ${prefix}_workspace_t ${prefix}_workspace;
static ${prefix}_input_t ${prefix}_input[${input.words === null ? `${macro}_INPUT_LEN` : `${macro}_INPUT_WORDS`}];
static ${prefix}_output_t ${prefix}_output[${macro}_OUTPUT_LEN];

static void try_${prefix}(void)
{
    uint16_t sample;
    for (sample = 0; sample < ${samples}u; sample++) {
        int32_t prediction = 0;
        (void)board_read(${prefix}_input, sizeof ${prefix}_input);
        memset(&${prefix}_workspace, 0xA5, sizeof ${prefix}_workspace);
        ${prefix}_run(&${prefix}_workspace, ${prefix}_input, ${prefix}_output);
        board_write(${prefix}_output, sizeof ${prefix}_output);
        ${predict ? `prediction = (int32_t)${prefix}_predict(&${prefix}_workspace, ${prefix}_input);` : ''}
        board_write(&prediction, sizeof prediction);
    }
}`;
}

/** All samples of all models as one file. */
export function inputOf(models: readonly Model[]): Uint8Array {
  return Buffer.concat(
    models.flatMap(({ compiled: { reference }, inputs }) => inputs.map((data) => sampleBytes(typeOf(reference, reference.input), data))),
  );
}

/** Compares what a program wrote with the interpretation of the reference graphs. */
export function wrongModels(models: readonly Model[], output: Uint8Array): readonly WrongModel[] {
  const wrong: WrongModel[] = [];
  let at = 0;
  models.forEach(({ compiled: { reference, plan }, inputs }, index) => {
    inputs.forEach((data, sample) => {
      const scores = interpret(reference, data).data;
      const prediction = Int32Array.of(plan.predict ? argmax(scores, 0, scores.length) : 0);
      const values = scores instanceof Float32Array ? scores : Int32Array.from(scores);
      const right = Buffer.concat([new Uint8Array(values.buffer, values.byteOffset, values.byteLength), new Uint8Array(prediction.buffer)]);
      const actual = Buffer.from(output.subarray(at, at + right.length));
      at += right.length;
      if (right.equals(actual) || wrong.some((w) => w.index === index)) return;
      wrong.push({ index, sample, expected: right.toString('hex'), actual: actual.toString('hex') });
    });
  });
  if (at !== output.length) throw new Error(`the program wrote ${output.length} bytes where ${at} were expected`);
  return wrong;
}
