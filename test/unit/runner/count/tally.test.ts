/** Profiles as the plugin writes them, and the sums made of them. */
import { describe, expect, it } from 'vitest';
import { cycleModels } from '../../../../compiler/runner/count/cycles.ts';
import { pluginInterface } from '../../../../compiler/runner/count/plugin.ts';
import { parseProfile } from '../../../../compiler/runner/count/profile.ts';
import { decode, tallier } from '../../../../compiler/runner/count/tally.ts';

/** ldr r0,[r1]; ldr r2,[r3]; adds r0,r0,r2; bne, seven rounds: six of them jump. Then a part with one push of two registers. */
const TEXT = [
  'bnnc-count 1 arm',
  'begin',
  'piece 1 100 08681a688018fcd1',
  'ran 1 7 6',
  'step',
  'piece 2 108 10b5',
  'ran 2 1 0',
  'end',
  'done',
  '',
].join('\n');

function profile(text: string = TEXT) {
  const parsed = parseProfile(text);
  if (parsed === undefined) throw new Error('not whole');
  return parsed;
}

describe('a profile', () => {
  it('has regions for each inference, and pieces with their code', () => {
    const { architecture, inferences } = profile();
    expect(architecture).toBe('arm');
    expect(inferences.map((regions) => regions.map((region) => region.map(({ times, jumps }) => [times, jumps])))).toEqual([
      [[[7, 6]], [[1, 0]]],
    ]);
    expect(inferences[0]?.[0]?.[0]?.piece.address).toBe(0x100);
  });

  it.each([
    ['without its last line', TEXT.replace('done\n', '')],
    ['cut in a line', TEXT.slice(0, -9)],
    ['of another version', TEXT.replace('count 1', 'count 2')],
    ['with a piece that nobody described', TEXT.replace('ran 2', 'ran 3')],
    ['that is empty', ''],
  ])('%s is not whole', (_what, text) => {
    expect(parseProfile(text)).toBeUndefined();
  });
});

describe('a tally', () => {
  it('counts every instruction of every piece, by class', () => {
    const { architecture, inferences } = profile();
    const [first, second] = inferences[0] ?? [];
    const tally = tallier(architecture, []);
    expect(tally([first ?? [], second ?? []])).toMatchObject({
      instructions: 7 * 4 + 1,
      classes: { load: 14, store: 1, arithmetic: 7, branch: 7, multiply: 0 },
      cycles: [],
    });
    expect(decode(architecture, first?.[0]?.piece ?? { address: 0, code: new Uint8Array() })).toHaveLength(4);
  });

  it.each([
    // loads 2 each, addition 1, branch 1 and 2 more when it jumps; push 1 + 2
    [
      'cortex-m0',
      [
        { model: 'Cortex-M0', least: 7 * 6 + 6 * 2 + 3, most: 57 },
        { model: 'Cortex-M0+', least: 7 * 6 + 6 + 3, most: 51 },
      ],
    ],
    // the second load overlaps with the first; a jump refills the pipeline in 1 to 3 cycles
    ['cortex-m4', [{ model: 'Cortex-M4', least: 7 * 5 + 6 + 3, most: 7 * 5 + 6 * 3 + 3 }]],
    ['cortex-m33', []],
  ])('has the cycles of the models of %s', (processor, cycles) => {
    const { architecture, inferences } = profile();
    expect(tallier(architecture, ['-mthumb', `-mcpu=${processor}`])(inferences.flat()).cycles).toEqual(cycles);
  });

  it('has no model for a processor that it does not know', () => {
    expect(cycleModels(['-O2'])).toEqual([]);
  });
});

describe('the plugin interface', () => {
  it.each([
    ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)', 1],
    ['QEMU emulator version 8.2.2', 1],
    ['QEMU emulator version 9.0.1', 2],
    ['QEMU emulator version 9.1.0', 3],
    ['QEMU emulator version 10.0.2', 3],
  ])('of %s is %i', (version, expected) => {
    expect(pluginInterface(version)).toBe(expected);
  });
});
