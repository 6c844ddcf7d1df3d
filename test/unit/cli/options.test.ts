import { describe, expect, it } from 'vitest';
import { bannerCommand, compileOptions, wholeNumber } from '../../../compiler/cli/options.ts';
import { meaningWords } from '../../../compiler/driver/provenance.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { joinDashedValues } from '../../../compiler/cli/usage.ts';
import { BITS, PERCEPTRON, placeWith } from './run-cli.ts';

const U8 = ['--input', 'u8', '--input-scale', '1/255'];

describe('numbers with a sign', () => {
  it.each([['-1'], ['-1/2'], ['-.5'], ['-0.5,-1,-2'], ['-1e-3']])('%s is a value, not an option', (value) => {
    expect(joinDashedValues(['compile', '--input-offset', value, 'x'])).toEqual(['compile', `--input-offset=${value}`, 'x']);
  });

  it('--optimization takes what begins with -O', () => {
    expect(joinDashedValues(['bench', '--optimization', '-O2', '-x'])).toEqual(['bench', '--optimization=-O2', '-x']);
    expect(joinDashedValues(['bench', '--mean', '-O2'])).toEqual(['bench', '--mean', '-O2']);
  });

  it('are joined only where a number is wanted', () => {
    const words = ['compile', '-1', '--input-offset', '--mean', '--name', '-1'];
    expect(joinDashedValues(words)).toEqual(words);
  });

  it.each([[['--input-offset', '-1/2']], [['--input-offset=-1/2']], [['--input-offset', '-0.5']]])('%j reach the model', async (words) => {
    const place = placeWith(PERCEPTRON);
    const { exit } = await place.run('compile', 'net.onnx', ...U8, ...words);
    expect(exit).toBe(0);
    expect(place.read('net.h')).toMatch(/#define NET_INPUT_OFFSET.*-0\.5/);
  });

  it('--mean and --std take them as well', async () => {
    const place = placeWith(PERCEPTRON);
    expect((await place.run('compile', 'net.onnx', '--input', 'u8', '--mean', '-.5', '--std', '.5')).exit).toBe(0);
    expect(place.read('net.h')).toMatch(/#define NET_INPUT_OFFSET.*1\.0/);
  });
});

describe('whole numbers', () => {
  it.each([['0'], ['16384']])('%s is one', (text) => {
    expect(wholeNumber('ram', text, 'a number of bytes', 0)).toBe(Number(text));
  });

  it.each([['-1'], ['1.5'], ['1e3'], ['16K'], [''], ['0x10']])('"%s" is refused', (text) => {
    expect(() => wholeNumber('ram', text, 'a number of bytes', 0)).toThrow(`--ram ${text} is not a number of bytes`);
  });

  it('an option that is not given has none', () => {
    expect(wholeNumber('ram', undefined, 'a number of bytes', 0)).toBeNull();
  });

  it('a limit of no samples is refused', async () => {
    const { exit, stderr } = await placeWith(PERCEPTRON).run('verify', 'net.onnx', '--data', 'x', '--limit', '0');
    expect(exit).toBe(2);
    expect(stderr).toContain('--limit 0 is not a number of samples');
  });
});

describe('wrong usage', () => {
  it.each([
    [['compile'], 'bnnc compile lacks the model file'],
    [['explain'], 'bnnc explain lacks the code to explain'],
    [['compile', '--json', 'net.onnx'], 'put --json last'],
    [['compile', 'net.onnx', 'other.onnx'], 'does not take a second argument "other.onnx"'],
    [['compile', 'net.onnx', '--out'], '--out lacks its value'],
    [['verify', 'net.onnx'], 'bnnc verify needs --data'],
    [['compile', 'net.onnx', '--optimize', 'sped'], 'Did you mean speed?'],
    [['compile', 'net.onnx', '--sing-zero', 'plus'], 'Did you mean --sign-zero?'],
    [['compile', 'net.onnx', '--signZer', 'plus'], 'bnnc compile has no option --signZer'],
    [['compile', 'net.onnx', '--name', 'a', '--name', 'b'], '--name has 2 values'],
    [['compile', 'net.onnx', '--target', 'host', '--target', 'avr'], '--target has 2 values'],
    [['inspekt', 'net.onnx'], 'Did you mean inspect?'],
    [['--foo'], 'bnnc has no option --foo'],
    [[], 'a verb is missing'],
  ])('%j says what is wrong and ends with 2', async (words, message) => {
    const { exit, stdout, stderr } = await placeWith(PERCEPTRON).run(...words);
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
    expect(stderr).toMatch(/^error\[BNN000[12]\]/);
    expect(stdout).toBe('');
    expect(exit).toBe(2);
  });

  it('is said in English wherever the computer stands', async () => {
    const before = process.env['LC_ALL'];
    process.env['LC_ALL'] = 'de_DE.UTF-8';
    try {
      expect((await placeWith({}).run('compile')).stderr).toContain('bnnc compile lacks the model file');
    } finally {
      if (before === undefined) delete process.env['LC_ALL'];
      else process.env['LC_ALL'] = before;
    }
  });

  it.each([[['--help']], [['compile', '--help']], [['--version']]])('%j is none', async (words) => {
    const { exit, stdout, stderr } = await placeWith({}).run(...words);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.length).toBeGreaterThan(4);
  });
});

describe('the command in the banner', () => {
  const NONE = {
    ...{ name: undefined, from: undefined, input: undefined, output: undefined, inputScale: undefined, inputOffset: undefined },
    ...{ mean: undefined, std: undefined, signZero: undefined, ram: undefined, flash: undefined },
    strict: false,
    optimize: 'size',
  } as const;

  it('holds the options that decide about the result, in one order', () => {
    const args = { ...NONE, input: 'u8', inputScale: '1/255', inputOffset: '-1/2', optimize: 'speed', signZero: 'plus' } as const;
    const command = bannerCommand('compile', args, ['--target host']);
    expect(command('net.onnx', meaningWords(compileOptions(args, loadTarget('host'), command)))).toBe(
      'bnnc compile net.onnx --input u8 --input-scale 1/255 --input-offset -1/2 --sign-zero plus --optimize speed --target host',
    );
  });

  it('holds no path, wherever model and header lie', async () => {
    const place = placeWith({ 'secret/place/bits.onnx': BITS['bits.onnx'], 'outbox/keep': '' });
    const { exit } = await place.run('compile', `${place.folder}/secret/place/bits.onnx`, '--input', 'b1', '-o', 'outbox/x.h');
    expect(exit).toBe(0);
    const header = place.read('outbox/x.h');
    expect(header).toContain('bnnc compile bits.onnx --input b1 --target cortex-m4');
    expect(header).not.toContain('secret');
    expect(header).not.toContain('outbox');
    expect(header).not.toContain(place.folder);
  });

  it('is the same for the same model elsewhere, so the header is too', async () => {
    const [here, there] = [placeWith(BITS), placeWith({ 'a/bits.onnx': BITS['bits.onnx'] })];
    await here.run('compile', 'bits.onnx', '--input', 'b1');
    await there.run('compile', 'a/bits.onnx', '--input', 'b1');
    expect(there.read('bits.h')).toBe(here.read('bits.h'));
  });
});

describe('lists of targets', () => {
  it.each([
    [['--target', 'cortex-m9,avr,cortex-m8', 'net.onnx']],
    [['--target=cortex-m9', '--target', 'avr', '--target', 'cortex-m8', 'net.onnx']],
    [['net.onnx', '--target', 'cortex-m9, cortex-m8']],
  ])('%j are read, and the model behind them is the model', async (words) => {
    const { exit, stderr } = await placeWith(PERCEPTRON).run('verify', '--data', 'x.npy', ...words);
    expect([exit, stderr.split('\n')[0]]).toEqual([1, 'error[BNN3004]: there is no target "cortex-m9"']);
  });

  it('with spaces between are explained', async () => {
    const { exit, stderr } = await placeWith(PERCEPTRON).run('verify', '--data', 'x.npy', '--target', 'host', 'avr', 'net.onnx');
    expect(exit).toBe(2);
    expect(stderr).toContain('Several targets are one comma list: --target host,cortex-m4.');
  });
});
