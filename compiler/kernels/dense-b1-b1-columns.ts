import { denseBitsProposal } from './dense-b1-b1.ts';
import { propose, type GeneratedFunction, type Kernel } from './kernel.ts';

/** Straight-line code grows with the row, so very long rows stay with the loop. */
const MAX_WORDS = 64;

/**
 * Carry-save compression of the K words a[i] ^ b[i] (Harley and Seal; Warren, Hacker's Delight, section 5-2).
 *
 * A full adder takes three words of weight 2^j and gives one of weight 2^j (the bitwise sum) and one of weight 2^(j+1)
 * (the carries), so that pop(x) + pop(y) + pop(z) = pop(sum) + 2 pop(carry) for every bit position. Repeating it from the
 * lowest column leaves at most two words in each column, and
 *     distance = sum over columns j of 2^j (pop(first) + pop(second)):
 * about 2 log2 K popcounts instead of K. Every statement assigns one local word.
 */
function columnStatements(words: number): { readonly statements: readonly string[]; readonly terms: readonly string[] } {
  const statements: string[] = [];
  const columns: string[][] = [[]];
  let next = 0;
  const define = (expression: string): string => {
    const name = `t${next}`;
    next += 1;
    statements.push(`const uint32_t ${name} = ${expression};`);
    return name;
  };
  const push = (column: number, name: string): void => {
    (columns[column] ??= []).push(name);
    const held = columns[column];
    if (held.length < 3) return;
    const [x = '', y = '', z = ''] = held.splice(0, 3);
    const half = define(`${x} ^ ${y}`);
    const sum = define(`${half} ^ ${z}`);
    const carry = define(`(${x} & ${y}) | (${half} & ${z})`);
    push(column, sum);
    push(column + 1, carry);
  };
  for (let i = 0; i < words; i += 1) push(0, define(`a[${i}] ^ bnn1_rom_u32(b + ${i})`));
  const terms = columns.flatMap((column, j) =>
    column.map((name) => (j === 0 ? `bnn1_popcount(${name})` : `(bnn1_popcount(${name}) << ${j})`)),
  );
  return { statements, terms };
}

function distanceFunction(words: number): GeneratedFunction {
  return { symbol: `bnn1_distance_${words}`, template: 'distance-columns', view: { words, ...columnStatements(words) } };
}

function layerFunction(words: number): GeneratedFunction {
  return { symbol: `bnn1_dense_b1_b1_${words}`, template: 'dense-b1-b1-columns', view: { words } };
}

export const denseB1B1Columns: Kernel = {
  name: 'dense-b1-b1-columns',
  form: 'generated',
  symbol: 'bnn1_dense_b1_b1_',
  doc: 'Dense layer from bits to bits with straight-line carry-save counting, one copy per row length.',
  candidate: (node, [input], _output, _target, [offered]) => {
    const proposal = denseBitsProposal(node, input, offered);
    if (proposal === undefined || 'reason' in proposal) return proposal;
    const { words, outputs, ...rest } = proposal;
    if (words > MAX_WORDS) return { reason: `${words} words are above ${MAX_WORDS}` };
    return propose('dense-b1-b1-columns', {
      ...rest,
      codeBytes: words * 20 + 160,
      instructions: outputs * (words * 10 + 40),
      generated: [distanceFunction(words), layerFunction(words)],
      call: ({ x, y, table }) => ({
        symbol: `bnn1_dense_b1_b1_${words}`,
        shape: null,
        arguments: [x, table('weights'), table('limits'), `${outputs}u`, y],
      }),
    });
  },
};
