/** What bash offers with the script of `bnnc completion bash`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { SHELLS } from '../../../compiler/cli/completion.ts';
import { CODES } from '../../../compiler/support/codes.ts';
import { listTargets } from '../../../compiler/targets/load.ts';
import { placeWith, type Place } from './run-cli.ts';

let script = '';

beforeAll(async () => {
  const { run } = await import('../../../compiler/cli/index.ts');
  const io = { stdout: (text: string) => void (script += text), stderr: () => undefined, isTerminal: false, cwd: '.' };
  expect(await run(['completion', 'bash'], io)).toBe(0);
});

/** What is offered when the last word is completed. */
async function offered(words: readonly string[], place: Place = placeWith({})): Promise<readonly string[]> {
  writeFileSync(join(place.folder, '.script'), script);
  const program = 'source .script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bnnc; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout } = await execa('bash', ['-c', program, 'bash', ...words], { cwd: place.folder });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it('offers every verb that there is', async () => {
    const { stdout } = await placeWith({}).run('--help');
    const verbs = [...stdout.matchAll(/^ {2}bnnc (\w+)/gm)].map(([, verb]) => verb);
    expect(verbs.length).toBeGreaterThan(5);
    expect(await offered(['bnnc', ''])).toEqual(expect.arrayContaining(verbs));
    expect(await offered(['bnnc', 'insp'])).toEqual(['inspect']);
  });

  it.each(['compile', 'inspect', 'verify', 'targets', 'explain', 'doctor'])('offers the options of %s that --help shows', async (verb) => {
    const { stdout } = await placeWith({}).run(verb, '--help');
    const options = [...stdout.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option).filter((o) => o !== '--version');
    expect(options.length).toBeGreaterThan(0);
    expect(await offered(['bnnc', verb, '--'])).toEqual(expect.arrayContaining(options));
  });

  it.each([
    [
      ['bnnc', 'compile', 'x.onnx', '--input', ''],
      ['u8', 'i8', 'f32', 'b1'],
    ],
    [['bnnc', 'compile', '--optimize', 'sp'], ['speed']],
    [['bnnc', 'compile', '--target', ''], listTargets()],
    [['bnnc', 'verify', '--target', 'host,av'], ['host,avr']],
    [['bnnc', 'explain', ''], Object.keys(CODES)],
    [['bnnc', 'completion', ''], SHELLS],
    [['bnnc', 'compile', '--dump-after', 'fold-b'], ['fold-batch-norm']],
    [['bnnc', 'compile', '--name', ''], []],
    [['bnnc', 'targets', ''], []],
  ])('%j offers its choices', async (words, choices) => {
    expect(await offered(words)).toEqual(choices);
  });

  it('offers files where a file is wanted', async () => {
    const place = placeWith({ 'net.onnx': 'x', 'samples.npy': 'y' });
    expect(await offered(['bnnc', 'inspect', 'net'], place)).toEqual(['net.onnx']);
    expect(await offered(['bnnc', 'verify', 'net.onnx', '--data', 'sam'], place)).toEqual(['samples.npy']);
    expect(await offered(['bnnc', 'compile', '--target', 'avr', 'n'], place)).toEqual(['net.onnx']);
  });
});

describe('other shells', () => {
  it('zsh runs the script of bash', async () => {
    const { stdout } = await placeWith({}).run('completion', 'zsh');
    expect(stdout.startsWith('autoload -U +X compinit')).toBe(true);
    expect(stdout.endsWith(script)).toBe(true);
  });

  it('fish has a line for each verb and option', async () => {
    const { stdout } = await placeWith({}).run('completion', 'fish');
    expect(stdout).toContain("complete -c bnnc -n '__fish_seen_subcommand_from compile' -l input -x -a 'u8 i8 f32 b1' -d");
    expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('complete -c bnnc -n '))).toEqual([]);
  });

  it('that is unknown is refused with the list', async () => {
    expect((await placeWith({}).run('completion', 'tcsh')).stderr).toContain('shells  bash, zsh, fish');
    expect((await placeWith({}).run('completion')).stderr).toContain('bnnc completion lacks the shell: bash, zsh or fish');
  });
});
