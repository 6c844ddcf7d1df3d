/** The verb as CI calls it: on the host and in an emulator, with onnxruntime, and with reports for machines. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../compiler/cli/index.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { OWN, VECTORS } from './models.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnnc-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function verify(...words: readonly string[]): Promise<{ readonly exit: number; readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const io = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => void (stderr += text),
    isTerminal: false,
    cwd: folder,
  };
  const exit = await run(['verify', ...words], io);
  return { exit, stdout, stderr };
}

const DATA = ['--data', VECTORS.images, '--labels', VECTORS.labels, '--limit', '40'];

describe.each(OWN.map((model) => [model.name, model] as const))('bnnc verify %s', (name, { file, words }) => {
  const scaling = words.inputScale === undefined || words.inputScale === null ? [] : ['--input', 'u8', '--input-scale', words.inputScale];

  it('agrees with onnxruntime and writes its reports', async (context) => {
    for (const target of ['host', 'cortex-m3']) requireTools(context, loadTarget(target));
    const targets = ['--target', 'host', '--target', 'cortex-m3'];
    const reports = ['--junit', `${name}.xml`, '--json', `${name}.json`, '--reference', 'onnxruntime', '--layers'];
    const { exit, stdout, stderr } = await verify(file, ...scaling, ...DATA, ...targets, ...reports);
    expect(stderr.replace(/^(interpreting|running|onnxruntime|observing|comparing).*\n/gm, '')).toBe('');
    expect(exit).toBe(0);
    expect(stdout).toContain('40 samples, every output compared bit for bit with the interpreter');
    expect(stdout).toContain('onnxruntime: 40 of 40 predictions equal');
    expect(stdout).toContain('onnxruntime, tensor by tensor');
    expect(readFileSync(join(folder, `${name}.xml`), 'utf8')).toContain('tests="5" failures="0"');
    const json: unknown = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    expect(json).toMatchObject({
      samples: 40,
      targets: [
        { target: 'host', equal: 40 },
        { target: 'cortex-m3', equal: 40 },
      ],
      failures: [],
    });
  });
});
