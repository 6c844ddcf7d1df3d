/** JSON models on the command line: written, read again, changed, cited. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../compiler/support/hash.ts';
import { BITS, PERCEPTRON, modelOf, npy, placeWith } from './run-cli.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const U8 = ['--input', 'u8', '--input-scale', '1/255'];
const CASES: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['digits-cnn', readFileSync(join(FIXTURES, 'digits-cnn/model.onnx')), U8],
  ['digits-mlp', readFileSync(join(FIXTURES, 'digits-mlp/model.onnx')), []],
  ['convolution', modelOf('header-conv-pool'), [...U8, '--name', 'my net']],
  ['bits', modelOf('header-bits'), ['--input', 'b1', '--from', 'onnx']],
  ['sign-zero', modelOf('sign-zero-given'), ['--mean', '0.5', '--std', '0.25', '--input', 'u8', '--sign-zero', 'minus']],
];

describe('--emit json', () => {
  it.each(CASES)('of %s compiles to the same bytes for every target and goal, and to the same JSON', async (_name, model, words) => {
    const place = placeWith({ 'net.onnx': model });
    expect(await place.run('compile', 'net.onnx', ...words, '--emit', 'json', '-o', 'any.json')).toMatchObject({ exit: 0, stderr: '' });
    for (const settings of [['--target', 'host', '--optimize', 'speed'], ['--target', 'cortex-m0', '--linkage', 'extern'], ['--target', 'avr', '--flash', '99999']]) {
      const direct = await place.run('compile', 'net.onnx', ...words, ...settings, '-o', '-');
      expect(direct.stdout).toContain('model    net.onnx (sha256');
      expect(await place.run('compile', 'any.json', ...settings, '-o', '-')).toEqual(direct);
    } // prettier-ignore
    const again = await place.run('compile', 'any.json', '--emit', 'json', '-o', '-');
    expect(again.stdout).toBe(place.read('any.json'));
  });

  it('keeps the JSON of a trained network small', async () => {
    const place = placeWith({ 'net.onnx': readFileSync(join(FIXTURES, 'digits-cnn/model.onnx')) });
    await place.run('compile', 'net.onnx', ...U8, '--emit', 'json');
    expect(place.names()).toEqual(['net.json', 'net.onnx']);
    expect(place.read('net.json').length).toBeLessThan(20_000);
  });

  it('writes a model that is better compiled otherwise, and the message about it names both files', async () => {
    const place = placeWith(PERCEPTRON);
    expect((await place.run('compile', 'net.onnx', '--emit', 'json')).exit).toBe(0);
    const { exit, stderr } = await place.run('compile', 'net.json');
    expect(exit).toBe(0);
    expect(stderr).toContain('warning[BNN2005]');
    expect(stderr).toMatch(/--> net\.json line \d+, column \d+ {2}nodes\[0\] "fc2" \(dense\)/);
    expect(stderr).toContain('= from: net.onnx  graph.node[0] "fc2" (MatMul)');
  });

  it('does not write over the JSON it has read', async () => {
    const place = placeWith({ 'net.json': readFileSync(join(FIXTURES, 'hand-written/majority.json')) });
    const { exit, stderr } = await place.run('compile', 'net.json', '--name', 'net', '--emit', 'json');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('The model would be written over the model "net.json" itself')]);
  });

  it('--json says what was written', async () => {
    const { stdout } = await placeWith(BITS).run('compile', 'bits.onnx', '--input', 'b1', '--emit', 'json', '--json');
    expect(JSON.parse(stdout)).toEqual({ model: 'bits.json', name: 'bits', nodes: 5 });
  });
});

describe('the source of a JSON model', () => {
  const written = async () => {
    const place = placeWith(PERCEPTRON);
    await place.run('compile', 'net.onnx', ...U8, '--emit', 'json');
    return place;
  };

  it('is cited after spaces and line breaks have changed', async () => {
    const place = await written();
    const other = placeWith({ 'x.json': JSON.stringify(JSON.parse(place.read('net.json'))), ...PERCEPTRON });
    const { stdout } = await other.run('compile', 'x.json', '-o', '-');
    expect(stdout).toBe((await other.run('compile', 'net.onnx', ...U8, '-o', '-')).stdout);
  });

  it('is not cited after a value has changed, but noted', async () => {
    const changed = (await written()).read('net.json').replace('"minus"', '"plus"').replace('"beta": [0.25', '"beta": [0.5');
    const place = placeWith({ 'x.json': changed });
    const { stdout, exit } = await place.run('compile', 'x.json', '-o', '-');
    expect(exit).toBe(0);
    expect(stdout).toContain(`model    x.json (sha256 ${sha256(new TextEncoder().encode(changed))})`);
    expect(stdout).toContain('command  bnnc compile x.json --target cortex-m4');
    expect(stdout).toMatch(/note {3}It was written from net\.onnx \(sha256 [0-9a-f]{64}\) and has been changed since\./);
  });

  it('is not cited for a part of the network', async () => {
    const { stdout } = await (await written()).run('compile', 'net.json', '--output', 'fc2', '-o', '-');
    expect(stdout).toContain('model    net.json');
  });

  it('settles the input: other options are refused, equal ones are not', async () => {
    const place = await written();
    const { exit, stderr } = await place.run('compile', 'net.json', '--input-scale', '1/127');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('error[BNN2008]: the meaning of this model was fixed when it was written')]);
    expect(stderr).toContain('Leave the options out, or compile net.onnx with them.');
    expect((await place.run('compile', 'net.json', ...U8)).exit).toBe(0);
  });
});

describe('a JSON model', () => {
  const files = { 'net.json': readFileSync(join(FIXTURES, 'hand-written/edges.json')) };
  const pixels = npy(
    [3, 4, 4, 1],
    Array.from({ length: 48 }, (_, i) => (i * 37) % 256),
  );

  it('takes another input than it states', async () => {
    const place = placeWith(files);
    expect((await place.run('compile', 'net.json', '--input', 'u8', '--input-scale', '1/2')).exit).toBe(0);
    expect((await place.run('compile', 'net.json', '--input', 'i8')).stderr).toContain("--input i8 is another type than the file's");
    expect((await place.run('compile', 'net.json', '--input', 'f32')).stderr).toContain('warning[BNN2005]');
  });

  it('is verified like any other', async () => {
    const { exit, stdout } = await placeWith({ ...files, 'x.npy': pixels }).run('verify', 'net.json', '--data', 'x.npy');
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/host\s+host\s+3 of 3/)]);
  });

  it('is nothing that onnxruntime reads', async () => {
    const place = placeWith({ ...files, 'x.npy': pixels });
    const { exit, stderr } = await place.run('verify', 'net.json', '--data', 'x.npy', '--reference', 'onnxruntime');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--reference onnxruntime reads ONNX files, and "net.json" is json')]);
  });

  it('is inspected', async () => {
    const { exit, stdout } = await placeWith(files).run('inspect', 'net.json');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('yes: ±1 weights on u8, exact integer sum')]);
  });

  it('takes its data in the order of the file it was written from', async () => {
    const model = readFileSync(join(FIXTURES, 'digits-cnn/model.onnx'));
    const images = readFileSync(join(FIXTURES, 'digits-cnn/vectors-images.idx3-ubyte.gz'));
    const labels = readFileSync(join(FIXTURES, 'digits-cnn/vectors-labels.idx1-ubyte.gz'));
    const place = placeWith({ 'net.onnx': model, 'x.gz': images, 'y.gz': labels });
    await place.run('compile', 'net.onnx', ...U8, '--emit', 'json');
    const words = ['--data', 'x.gz', '--labels', 'y.gz', '--limit', '20'];
    const direct = await place.run('verify', 'net.onnx', ...U8, ...words);
    expect(direct.exit).toBe(0);
    expect((await place.run('verify', 'net.json', ...words)).stdout).toBe(direct.stdout);
  });
});
