import { execFileSync, spawn } from 'node:child_process';
import { lstatSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listTargets } from '../../../compiler/targets/load.ts';
import { CODES } from '../../../compiler/support/codes.ts';
import { BITS, PERCEPTRON, modelOf, npy, placeWith } from './run-cli.ts';

const AS_BITS = ['bits.onnx', '--input', 'b1'];

describe('bnnc compile', () => {
  it('-o - prints the header that it writes otherwise, and nothing else', async () => {
    const place = placeWith(BITS);
    const printed = await place.run('compile', ...AS_BITS, '-o', '-');
    expect(place.names()).toEqual(['bits.onnx']);
    await place.run('compile', ...AS_BITS);
    expect(printed).toEqual({ exit: 0, stdout: place.read('bits.h'), stderr: '' });
  });

  it('--json prints only JSON, and --json FILE writes it', async () => {
    const place = placeWith(BITS);
    const { stdout } = await place.run('compile', ...AS_BITS, '--json');
    const facts: unknown = JSON.parse(stdout);
    expect(facts).toMatchObject({ header: 'bits.h', name: 'bits', target: 'cortex-m4', input: { length: 40 }, output: { length: 3 } });
    const { stdout: text } = await place.run('compile', ...AS_BITS, '--json=facts.json');
    expect(JSON.parse(place.read('facts.json'))).toEqual(facts);
    expect(text).toContain('wrote      bits.h');
  });

  it('--dump-after prints the graph and writes nothing', async () => {
    const place = placeWith(BITS);
    const { stdout } = await place.run('compile', ...AS_BITS, '--dump-after', 'fuse-threshold');
    expect(stdout).toMatch(/^graph net\(%bits: b1.*\[40\]\)\n/);
    expect(place.names()).toEqual(['bits.onnx']);
  });

  it('--timings names every stage on stderr', async () => {
    const { stderr } = await placeWith(BITS).run('compile', ...AS_BITS, '--timings');
    expect(stderr.split('\n').map((line) => line.split(' ')[0])).toEqual(['read', 'meaning', 'passes', 'plan', 'emit', 'write', '']);
  });

  it('leaves no temporary file beside the header', async () => {
    const place = placeWith(BITS);
    await place.run('compile', ...AS_BITS);
    expect(place.names()).toEqual(['bits.h', 'bits.onnx']);
  });

  it('writes into a pipe and leaves it a pipe', async () => {
    const place = placeWith(BITS);
    const pipe = join(place.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe]);
    let received = '';
    reader.stdout.on('data', (chunk: Buffer) => void (received += chunk.toString()));
    const closed = new Promise((resolve) => reader.on('close', resolve));
    expect((await place.run('compile', ...AS_BITS, '-o', 'pipe')).exit).toBe(0);
    await closed;
    expect(received).toContain('#define BITS_INPUT_LEN 40');
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(place.names()).toEqual(['bits.onnx', 'pipe']);
  });

  it('writes the file behind a link and leaves the link', async () => {
    const place = placeWith({ ...BITS, 'real/x.h': 'older' });
    symlinkSync('real/x.h', join(place.folder, 'link.h'));
    expect((await place.run('compile', ...AS_BITS, '-o', 'link.h')).exit).toBe(0);
    expect(lstatSync(join(place.folder, 'link.h')).isSymbolicLink()).toBe(true);
    expect(place.read('real/x.h')).toContain('#define BITS_INPUT_LEN 40');
  });

  it('--emit c is what happens without it', async () => {
    const place = placeWith(BITS);
    await place.run('compile', ...AS_BITS, '--emit', 'c', '-o', 'chosen.h');
    await place.run('compile', ...AS_BITS);
    expect(place.read('chosen.h')).toBe(place.read('bits.h'));
  });

  it('--emit ts writes a module, whatever the target and its memory, and says so as text and as data', async () => {
    const place = placeWith({ ...BITS, 'bnnc.config.json': '{ "target": "avr", "flash": 1, "ram": 1, "optimize": "speed" }' });
    const { exit, stdout, stderr } = await place.run('compile', ...AS_BITS, '--emit', 'ts');
    expect([exit, stderr, place.names()]).toEqual([0, '', ['bits.onnx', 'bits.ts', 'bnnc.config.json']]);
    expect(stdout).toMatch(/^layer {2}op .*\n[\s\S]*\noutput {5}3 scores as i32\nwrote {6}bits\.ts\n$/);
    expect(place.read('bits.ts')).toContain(' *   command  bnnc compile bits.onnx --input b1 --emit ts\n');
    const { stdout: json } = await place.run('compile', ...AS_BITS, '--emit', 'ts', '--json');
    expect(JSON.parse(json)).toMatchObject({ module: 'bits.ts', name: 'bits', input: { type: 'b1', shape: [40] }, output: { length: 3 } });
    const { stdout: printed } = await place.run('compile', ...AS_BITS, '--emit', 'ts', '-o', '-');
    expect(printed).toBe(place.read('bits.ts'));
  });

  it('never writes over the model', async () => {
    const place = placeWith({ 'bits.h': BITS['bits.onnx'] });
    symlinkSync('bits.h', join(place.folder, 'link.h'));
    for (const words of [[], ['-o', './bits.h'], ['-o', 'link.h']]) {
      const { exit, stderr } = await place.run('compile', 'bits.h', '--input', 'b1', ...words);
      expect([exit, stderr]).toEqual([1, expect.stringContaining('The header would be written over the model "bits.h" itself')]);
    }
    expect(place.read('bits.h')).toBe(Buffer.from(BITS['bits.onnx']).toString('utf8'));
  });

  it('names a folder given as the header', async () => {
    const place = placeWith({ ...BITS, 'out/keep': '' });
    const { exit, stderr } = await place.run('compile', ...AS_BITS, '-o', 'out');
    expect(stderr).toContain('"out" cannot be written: it is a directory');
    expect(stderr).toContain('Name a file in it, such as out/model.h.');
    expect([exit, place.names()]).toEqual([1, ['bits.onnx', 'out']]);
  });
});

describe('bnnc inspect', () => {
  it('shows nodes, plan, prices and targets, and writes nothing', async () => {
    const place = placeWith(PERCEPTRON);
    const { exit, stdout, stderr } = await place.run('inspect', 'net.onnx', '--input', 'u8', '--input-scale', '1/255');
    expect([exit, stderr, place.names()]).toEqual([0, '', ['net.onnx']]);
    expect(stdout).toContain('net.onnx: onnx, ');
    expect(stdout).toContain('yes: ±1 weights on u8, exact integer sum');
    expect(stdout).toContain('Planned for cortex-m4, --optimize size:');
    for (const target of listTargets()) expect(stdout).toContain(`\n${target} `);
  });

  it('says which layers are computed in float32, and why', async () => {
    const { exit, stdout, stderr } = await placeWith(PERCEPTRON).run('inspect', 'net.onnx');
    expect(stdout).toContain('no: its input is real (f32)');
    expect(stderr).toContain('warning[BNN2005]');
    expect(exit).toBe(0);
  });

  it('--json holds the same facts', async () => {
    const { stdout } = await placeWith(BITS).run('inspect', ...AS_BITS, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'onnx',
      plan: { name: 'bits', tableBytes: 72 },
      targets: listTargets().map((target) => ({ target, fits: true })),
    });
  });
});

describe('a target of the user', () => {
  const MINE = '{ "extends": "cortex-m0", "title": "My board", "memory": { "flashBytes": 32768, "ramBytes": 4096 } }';

  it('is listed, compiled for and inspected from a folder that --targets-dir names', async () => {
    const place = placeWith({ ...BITS, 'boards/mine/target.json': MINE });
    const own = ['--targets-dir', 'boards'];
    expect((await place.run('targets', ...own)).stdout).toMatch(/\nmine +My board +32,768 B +4,096 B /);
    const compiled = await place.run('compile', ...AS_BITS, ...own, '--target', 'mine');
    expect([compiled.exit, compiled.stderr]).toEqual([0, '']);
    expect(place.read('bits.h')).toContain('--target mine');
    expect((await place.run('inspect', ...AS_BITS, ...own)).stdout).toContain('\nmine ');
  });

  it('is found with the folder in the configuration file, and not without', async () => {
    const files = { ...BITS, 'boards/mine/target.json': MINE };
    const configured = placeWith({ ...files, 'bnnc.config.json': '{ "targets-dir": "boards", "target": "mine" }' });
    expect((await configured.run('compile', ...AS_BITS)).exit).toBe(0);
    const { exit, stderr } = await placeWith(files).run('compile', ...AS_BITS, '--target', 'mine');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('there is no target "mine"')]);
  });
});

describe('bnnc targets', () => {
  it("lists every target, and none of this computer's folders", async () => {
    const place = placeWith({});
    const { stdout } = await place.run('targets');
    for (const target of listTargets()) expect(stdout).toContain(`\n${target} `);
    const json: unknown = JSON.parse((await place.run('targets', '--json')).stdout);
    expect(json).toMatchObject(listTargets().map((name) => ({ name })));
    expect(JSON.stringify(json)).not.toContain('"folder"');
  });

  it('--json FILE writes a file', async () => {
    const place = placeWith({});
    expect((await place.run('targets', '--json', 'targets.json')).stdout).toBe('');
    expect(JSON.parse(place.read('targets.json'))).toHaveLength(listTargets().length);
  });
});

describe('bnnc explain', () => {
  it.each([['BNN2004'], ['bnn2004'], ['2004']])('%s explains the code', async (code) => {
    const { exit, stdout } = await placeWith({}).run('explain', code);
    expect(exit).toBe(0);
    expect(stdout).toContain(`BNN2004: ${CODES.BNN2004.title}`);
  });

  it('explains every code in lines that fit a terminal', async () => {
    const place = placeWith({});
    for (const code of Object.keys(CODES)) {
      const { stdout } = await place.run('explain', code);
      expect(
        stdout
          .split('\n')
          .slice(1)
          .filter((line) => line.length > 100),
      ).toEqual([]);
    }
  });

  it('--json gives title and paragraphs', async () => {
    const { stdout } = await placeWith({}).run('explain', 'BNN2004', '--json');
    expect(JSON.parse(stdout)).toEqual({ code: 'BNN2004', ...CODES.BNN2004 });
  });

  it('refuses what is no code', async () => {
    const { exit, stderr } = await placeWith({}).run('explain', 'BNN9999');
    expect(stderr).toContain('BNN9999 is not a diagnostic code');
    expect(exit).toBe(2);
  });
});

describe('bnnc verify on the host', () => {
  const pixels = Array.from({ length: 80 }, (_, i) => (i * 37) % 256);
  const files = { ...PERCEPTRON, 'pixels.npy': npy([10, 8], pixels), 'classes.npy': npy([10], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]) };
  const words = ['verify', 'net.onnx', '--input', 'u8', '--input-scale', '1/255', '--data', 'pixels.npy'];

  it('prints a table, silently on stderr, and ends with 0', async () => {
    const { exit, stdout, stderr } = await placeWith(files).run(...words, '--labels', 'classes.npy');
    expect(stderr).toBe('');
    expect(stdout).toContain('10 samples, every output compared bit for bit with the interpreter');
    expect(stdout).toMatch(/host\s+host\s+10 of 10\s+\d+\.\d\d %/);
    expect(exit).toBe(0);
  });

  it('--json prints only JSON, --junit writes XML that CI servers read', async () => {
    const place = placeWith(files);
    const { stdout } = await place.run(...words, '--limit', '4', '--junit', 'report.xml', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ model: 'net.onnx', samples: 4, targets: [{ target: 'host', equal: 4, correct: null }] });
    expect(place.read('report.xml')).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuite name="bnnc verify net.onnx" tests="1" failures="0">',
        '  <testcase classname="bnnc verify net.onnx" name="host"/>',
        '</testsuite>',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['pixels of another size', npy([10, 7], pixels.slice(0, 70)), 'BNN4002'],
    ['no array at all', 'hello', 'BNN4001'],
  ])('%s end with 1 and a diagnostic', async (_what, data, code) => {
    const { exit, stderr } = await placeWith({ ...files, 'pixels.npy': data }).run(...words);
    expect(stderr).toContain(`error[${code}]`);
    expect(exit).toBe(1);
  });

  it('names a data file that is not there', async () => {
    const { exit, stderr } = await placeWith(PERCEPTRON).run(...words);
    expect(stderr).toContain('"pixels.npy" cannot be read: it does not exist');
    expect(exit).toBe(1);
  });
});

describe('--strict', () => {
  it('compiles a model without warnings', async () => {
    expect((await placeWith(BITS).run('compile', ...AS_BITS, '--strict')).exit).toBe(0);
  });
});

describe('texts of the model in the header', () => {
  it('a node whose name closes a comment does not', async () => {
    const place = placeWith({ 'net.onnx': modelOf('header-bits') });
    const { exit } = await place.run('compile', 'net.onnx', '--input', 'b1', '--name', '9 lives/*');
    expect(exit).toBe(0);
    const [header = ''] = place.names();
    const comments = place.read(header).match(/\/\*/g)?.length;
    expect(place.read(header).match(/\*\//g)?.length).toBe(comments);
  });
});
