import fc from 'fast-check';
import { expect, it } from 'vitest';
import { renderDiagnostic } from '../../../compiler/cli/render.ts';
import { table } from '../../../compiler/report/text.ts';
import { printable } from '../../../compiler/support/printable.ts';

it('leaves ordinary names as they are', () => {
  for (const name of ['/sign1/Sign', 'γ ± α', 'Größe', '層', 'a b', '']) expect(printable(name)).toBe(name);
});

it('shows what would steer a terminal or turn the text around', () => {
  expect(printable('\u001b[2J\u202Ea\0\n')).toBe('<U+001B>[2J<U+202E>a<U+0000><U+000A>');
});

it('shortens a word that no one reads to its end', () => {
  expect(printable(`a ${'x'.repeat(70_000)} b`)).toBe(`a ${'x'.repeat(200)}…(70000 characters) b`);
});

it('whatever a file says, messages and tables have no control character but the ends of their lines', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const origin = { file: name, path: name };
      const message = renderDiagnostic(
        { code: 'BNN1004', severity: 'error', message: name, origin, details: [name], notes: [name], help: name },
        false,
      );
      for (const text of [message, table([['head'], [name]])]) expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    }),
    { seed: 1, numRuns: 500 },
  );
});
