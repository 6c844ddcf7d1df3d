import { describe, expect, it } from 'vitest';
import { PERCEPTRON, npy, placeWith, type Place } from './run-cli.ts';

function withConfig(config: unknown): Place {
  return placeWith({ ...PERCEPTRON, 'bnnc.config.json': typeof config === 'string' ? config : JSON.stringify(config) });
}

describe('bnnc.config.json', () => {
  it('gives options that the command line lacks', async () => {
    const place = withConfig({ input: 'u8', 'input-scale': '1/255', name: 'digits' });
    expect((await place.run('compile', 'net.onnx')).exit).toBe(0);
    expect(place.names()).toEqual(['bnnc.config.json', 'digits.h', 'net.onnx']);
    expect(place.read('digits.h')).toContain('--input-scale 1/255');
  });

  it('loses against the command line', async () => {
    const place = withConfig({ input: 'u8', 'input-scale': '1/255', name: 'digits', target: 'host' });
    expect((await place.run('compile', 'net.onnx', '--name', 'other', '--target', 'cortex-m3')).exit).toBe(0);
    expect(place.read('other.h')).toContain('--target cortex-m3');
  });

  it('may hold numbers and lists of numbers', async () => {
    const place = withConfig({ input: 'u8', 'input-scale': 0.5, 'input-offset': [-1], ram: 4096 });
    expect((await place.run('compile', 'net.onnx')).exit).toBe(0);
    expect(place.read('net.h')).toContain('--input-scale 0.5 --input-offset -1');
  });

  it('may hold options of other verbs, which then do not count', async () => {
    const place = withConfig({ input: 'u8', junit: 'report.xml', data: 'x.npy' });
    expect((await place.run('targets')).exit).toBe(0);
    expect((await place.run('explain', 'BNN2004')).exit).toBe(0);
    expect((await place.run('compile', 'net.onnx')).exit).toBe(0);
  });

  it('targets of verify are replaced by those of the command line, not joined with them', async () => {
    const place = placeWith({
      ...PERCEPTRON,
      'pixels.npy': npy([2, 8], new Array<number>(16).fill(7)),
      'bnnc.config.json': JSON.stringify({ input: 'u8', target: ['cortex-m3', 'cortex-m4'] }),
    });
    const { stdout } = await place.run('verify', 'net.onnx', '--data', 'pixels.npy', '--target', 'host', '--json');
    const { targets } = JSON.parse(stdout) as { readonly targets: readonly { readonly target: string }[] };
    expect(targets.map(({ target }) => target)).toEqual(['host']);
  });

  it.each([
    ['{"input": "u8"', 'bnnc.config.json is not valid JSON'],
    ['[]', 'bnnc.config.json is not an object of options'],
    ['{"inputt": "u8"}', 'Did you mean "input"?'],
    ['{"input": "u9"}', '--input u9 is not one of its choices'],
    ['{"input": null}', '"input" in bnnc.config.json is neither text'],
    ['{"input": {"type": "u8"}}', '"input" in bnnc.config.json is neither text'],
    ['{"target": ["host", "avr"]}', '--target has 2 values'],
  ])('%s is refused', async (config, message) => {
    const place = withConfig(config);
    const { exit, stderr } = await place.run('compile', 'net.onnx');
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(place.folder);
    expect(exit).toBe(2);
    expect(place.names()).toEqual(['bnnc.config.json', 'net.onnx']);
  });
});

describe('package.json', () => {
  it('may hold the options under the key bnnc', async () => {
    const place = placeWith({ ...PERCEPTRON, 'package.json': '{"name": "app", "bnnc": {"input": "u8", "name": "digits"}}' });
    expect((await place.run('compile', 'net.onnx')).exit).toBe(0);
    expect(place.names()).toContain('digits.h');
  });

  it('without that key says nothing', async () => {
    const place = placeWith({ ...PERCEPTRON, 'package.json': '{"name": "app"}' });
    expect((await place.run('compile', 'net.onnx', '--input', 'u8')).exit).toBe(0);
  });

  it('with something else under that key is refused', async () => {
    const place = placeWith({ ...PERCEPTRON, 'package.json': '{"bnnc": 7}' });
    const { exit, stderr } = await place.run('compile', 'net.onnx');
    expect(stderr).toContain('the key "bnnc" of package.json is not an object of options');
    expect(exit).toBe(2);
  });

  it('is not read where there is a bnnc.config.json', async () => {
    const place = placeWith({ ...PERCEPTRON, 'package.json': 'broken', 'bnnc.config.json': '{"input": "u8"}' });
    expect((await place.run('compile', 'net.onnx')).exit).toBe(0);
  });
});
