/** `bnnc bench` on the host, which needs no emulator: sizes, no counts, and everything that is refused. */
import { describe, expect, it } from 'vitest';
import { BITS, npy, placeWith } from './run-cli.ts';

const HOST = ['bits.onnx', '--input', 'b1', '--target', 'host'];

describe('bnnc bench', () => {
  it('says that nothing counts exactly on the host', async () => {
    const { exit, stdout } = await placeWith(BITS).run('bench', ...HOST);
    expect(exit).toBe(0);
    expect(stdout).toContain('mean of 10 samples, pseudo-random with seed 1');
    expect(stdout).toContain('not counted: nothing counts exactly here');
  });

  it('--json is the same every time, and compares as unchanged', async () => {
    const place = placeWith(BITS);
    const first = await place.run('bench', ...HOST, '--limit', '3', '--json=old.json');
    const second = await place.run('bench', ...HOST, '--limit', '3', '--compare', 'old.json', '--json=new.json');
    expect([first.exit, second.exit]).toEqual([0, 0]);
    expect(place.read('new.json')).toBe(place.read('old.json'));
    expect(second.stdout).toContain('\nnothing changed\n');
  });

  it('--compare exits with 1 when something grew, and with 0 when it shrank', async () => {
    const place = placeWith(BITS);
    await place.run('bench', ...HOST, '--limit', '1', '--json=now.json');
    const flash = Number(/"flash": (\d+)/.exec(place.read('now.json'))?.[1]);
    const withFlash = (bytes: number) =>
      placeWith({ ...BITS, 'old.json': place.read('now.json').replace(/"flash": \d+/, `"flash": ${bytes}`) });
    const grown = await withFlash(flash - 8).run('bench', ...HOST, '--limit', '1', '--compare', 'old.json');
    expect(grown.stdout).toMatch(/^host +flash .* \+8 /m);
    expect(grown.exit).toBe(1);
    const shrunk = await withFlash(flash + 8).run('bench', ...HOST, '--limit', '1', '--compare', 'old.json');
    expect(shrunk.stdout).toMatch(/^host +flash .* −8 /m);
    expect(shrunk.exit).toBe(0);
  });

  it('takes one sample of the data, or the first ones', async () => {
    const data = npy(
      [3, 40],
      Array.from({ length: 120 }, (_, i) => i % 2),
    );
    const one = await placeWith({ ...BITS, 'x.npy': data }).run('bench', ...HOST, '--data', 'x.npy', '--index', '2');
    expect(one.stdout).toContain('mean of 1 sample, number 2 of x.npy, counted from 0');
    const all = await placeWith({ ...BITS, 'x.npy': data }).run('bench', ...HOST, '--data', 'x.npy');
    expect(all.stdout).toContain('mean of 3 samples, the first of x.npy');
  });

  it.each([
    [['--index', '0'], 2, '--index chooses one sample of --data'],
    [['--data', 'x.npy', '--index', '0', '--limit', '2'], 2, '--index chooses one sample of --data'],
    [['--data', 'x.npy', '--index', '7'], 2, '--index 7 is not a sample of "x.npy"'],
    [['--limit', '0'], 2, '--limit 0 is not a number of samples'],
    [['--optimization', '-O1'], 2, '--optimization -O1 is not one of its choices'],
    [['--optimization'], 2, '--optimization lacks its value'],
    [['--compare', 'missing.json'], 1, '"missing.json" cannot be read: it does not exist'],
    [['--compare', 'x.npy'], 1, '"x.npy" is not a benchmark that can be compared'],
    [['--data', 'missing.npy'], 1, '"missing.npy" cannot be read'],
    [['--json', 'missing/new.json'], 1, '"missing/new.json" cannot be written: its folder does not exist'],
  ] as const)('%j is refused', async (words, exit, message) => {
    const outcome = await placeWith({ ...BITS, 'x.npy': npy([1, 40], new Array<number>(40).fill(1)) }).run('bench', ...HOST, ...words);
    expect(outcome.stderr).toContain(message);
    expect(outcome.exit).toBe(exit);
  });
});
