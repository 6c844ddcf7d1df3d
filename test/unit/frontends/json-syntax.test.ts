/** Where values stand in JSON text. */
import { expect, it } from 'vitest';
import { parseJson } from '../../../compiler/frontends/json/syntax.ts';
import { randomFrom } from '../../support/random.ts';

const NODES = 200;
const document = {
  before: ['a', { b: [1, 2] }],
  nodes: Array.from({ length: NODES }, (_, i) => ({ op: `op${i}`, inputs: [i, [i + 1, { deep: -i }]] })),
  behind: { nodes: ['none', 'of', 'them'] },
};
const PATHS = [
  ['before'],
  ['before', 1, 'b', 0],
  ['nodes'],
  ['behind', 'nodes', 2],
  ...document.nodes.flatMap((_, i) => [
    ['nodes', i],
    ['nodes', i, 'op'],
    ['nodes', i, 'inputs', 1, 1, 'deep'],
  ]),
];

function valueAt(path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>>)[key], document);
}

it.each([
  ['one line', undefined],
  ['many lines', 2],
])('every value is found in text of %s, in whatever order it is asked for', (_, indent) => {
  const text = JSON.stringify(document, null, indent);
  const lines = text.split('\n');
  const { locate } = parseJson(Buffer.from(text), 'net.json');
  const random = randomFrom(1);
  for (let round = 0; round < 1000; round += 1) {
    const path = random.pick(PATHS);
    const { line, column } = locate(path);
    const rest = [(lines[line - 1] ?? '').slice(column - 1), ...lines.slice(line)].join('\n');
    const shown = JSON.stringify(valueAt(path));
    expect(rest.replace(/\s/g, '').startsWith(shown)).toBe(true);
  }
});

it('what is not there is where the innermost value around it is', () => {
  const { locate } = parseJson(Buffer.from('{\n "nodes": [\n  { "op": 1 }\n ]\n}'), 'net.json');
  expect(locate(['nodes', 0, 'name'])).toEqual({ line: 3, column: 3 });
  expect(locate(['nodes', 7])).toEqual({ line: 2, column: 11 });
  expect(locate(['other'])).toEqual({ line: 1, column: 1 });
});
