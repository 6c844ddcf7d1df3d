import { denseBytesReason } from './dense-8bit-b1.ts';
import { propose, type Kernel } from './kernel.ts';
import { clampThreshold, flipOf, lateTable, signsOf } from './packing.ts';

/** Inputs that share a table, and outputs that share a word of weights. */
const GROUP = 8;
const OUTPUTS = 4;

/** [groups of inputs][words of four outputs]: byte i of a word holds the signs of output i, bit j the one of input j. */
function packedBytes(signs: Int8Array, inputs: number, outputs: number): Uint32Array {
  const across = Math.ceil(outputs / OUTPUTS);
  const words = new Uint32Array(Math.ceil(inputs / GROUP) * across);
  for (let output = 0; output < outputs; output += 1) {
    const shift = (output % OUTPUTS) * 8;
    for (let input = 0; input < inputs; input += 1) {
      if (signs[output * inputs + input] !== 1) continue;
      const at = Math.floor(input / GROUP) * across + Math.floor(output / OUTPUTS);
      words[at] = (words[at] as number) | (1 << (shift + (input % GROUP)));
    }
  }
  return words;
}

export const dense8bitB1Tables: Kernel = {
  name: 'dense-8bit-b1-tables',
  form: 'library',
  symbol: 'bnn1_dense_8bit_b1_tables',
  doc: 'First layer: dense, from bytes to bits, by tables of the signed sums of eight inputs that all outputs share.',
  candidate: (node, [input], _output, target) => {
    if (node.kind !== 'dense') return undefined;
    const reason = denseBytesReason(input);
    if (reason !== undefined) return { reason };
    const { threshold, weights } = node.attrs;
    if (threshold === null) return { reason: 'its output is not thresholded' };
    if (target.wordBits < 32) return { reason: `the target adds ${target.wordBits} bits at a time, not 32` };
    const [inputs = 0] = input.shape;
    const { outputs } = weights;
    const [groups, words] = [Math.ceil(inputs / GROUP), Math.ceil(outputs / OUTPUTS)];
    const isWide = target.features.includes('thumb2');
    return propose('dense-8bit-b1-tables', {
      input: { kind: 'bytes' },
      output: { kind: 'bit-runs', run: outputs },
      tables: [
        lateTable(
          {
            name: 'weights',
            ctype: 'uint32_t',
            doc: `[${groups} groups of ${GROUP} inputs][${words} words], a byte for each of ${OUTPUTS} outputs`,
          },
          groups * words,
          () => packedBytes(signsOf(weights), inputs, outputs),
        ),
        {
          name: 'thresholds',
          ctype: 'int32_t',
          values: Array.from(threshold, (limit) => clampThreshold(limit, 255 * inputs)),
          doc: 'smallest sum that gives +1; input scaling, batch norm and sign folded',
        },
      ],
      scratchWords: 256 + words * OUTPUTS,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 330,
      instructions: groups * (words * (isWide ? 20 : 29) + (isWide ? 900 : 1300)) + outputs * 14,
      call: ({ x, y, table, scratch }) => ({
        symbol: 'bnn1_dense_8bit_b1_tables',
        shape: null,
        arguments: [
          x,
          flipOf(input.dtype),
          table('weights'),
          table('thresholds'),
          `${inputs}u`,
          `${outputs}u`,
          `(uint32_t *)${scratch}`,
          y,
        ],
      }),
    });
  },
};
