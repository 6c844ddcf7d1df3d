import { describe, expect, it } from 'vitest';
import { renderDiagnostic, renderDiagnostics } from '../../../compiler/cli/render.ts';
import type { Diagnostic } from '../../../compiler/support/diagnostics.ts';

const DIAGNOSTIC: Diagnostic = {
  code: 'BNN2003',
  severity: 'error',
  message: '"bn2" has a constant that is not a finite number.',
  origin: { file: 'net.onnx', path: 'graph.node[7] "bn2" (BatchNormalization)' },
  details: ['scale[12] = NaN'],
  notes: ['1 of 64 values is not finite.'],
  help: 'Re-export from a checkpoint of a run that converged.',
};

describe('a diagnostic', () => {
  it('is a paragraph: what, where, what was seen, what to do, where to read on', () => {
    expect(renderDiagnostic(DIAGNOSTIC, false)).toBe(
      [
        'error[BNN2003]: "bn2" has a constant that is not a finite number',
        '  --> net.onnx  graph.node[7] "bn2" (BatchNormalization)',
        '   |  scale[12] = NaN',
        '   = note: 1 of 64 values is not finite.',
        '   = help: Re-export from a checkpoint of a run that converged.',
        '   = see `bnnc explain BNN2003`',
        '',
      ].join('\n'),
    );
  });

  it('is coloured only on a terminal', () => {
    const escape = '\u001b[';
    expect(renderDiagnostic(DIAGNOSTIC, true)).toContain(escape);
    expect(renderDiagnostic(DIAGNOSTIC, false)).not.toContain(escape);
  });

  it('says a byte, or a line and a column, where it knows one', () => {
    const at = (position: NonNullable<Diagnostic['origin']>['position'], path: string): string =>
      renderDiagnostic({ ...DIAGNOSTIC, origin: { file: 'net.onnx', path, ...(position ? { position } : {}) } }, false).split('\n')[1] ??
      '';
    expect(at({ byte: 8 }, '')).toBe('  --> net.onnx at byte 8');
    expect(at({ line: 2, column: 5 }, 'nodes[0]')).toBe('  --> net.onnx line 2, column 5  nodes[0]');
    expect(at(undefined, '')).toBe('  --> net.onnx');
  });

  it('breaks long texts and long lists, and leaves the lines of a compiler as they are', () => {
    const words = 'word '.repeat(60).trim();
    const compiler = `main.c:1:1: error: ${'x'.repeat(120)}`;
    const lines = renderDiagnostic({ ...DIAGNOSTIC, notes: [words], details: [`points  ${words}`, compiler] }, false).split('\n');
    expect(lines).toContain(`   |  ${compiler}`);
    expect(lines.filter((line) => line.length > 115)).toEqual([`   |  ${compiler}`]);
    expect(lines.filter((line) => line.startsWith('   |          word'))).toHaveLength(2);
  });

  it('is counted and not shown where 24 of its severity are', () => {
    const all = [
      { ...DIAGNOSTIC, severity: 'warning' as const, message: 'a warning.' },
      ...Array.from({ length: 24 }, (_, i) => ({ ...DIAGNOSTIC, message: `problem ${i}.` })),
    ];
    expect(renderDiagnostics(all, false)).not.toContain('more');
    const [one, two] = [
      { ...DIAGNOSTIC, message: 'hidden.' },
      { ...DIAGNOSTIC, code: 'BNN1004' as const, message: 'hidden.' },
    ];
    expect(renderDiagnostics([...all, one], false)).toBe(`${renderDiagnostics(all, false)}\nand 1 more error: 1 BNN2003\n`);
    const text = renderDiagnostics([...all, one, two, one], false);
    expect(text).toBe(`${renderDiagnostics(all, false)}\nand 3 more errors: 2 BNN2003, 1 BNN1004\n`);
  });

  it('stands apart from the next one', () => {
    expect(renderDiagnostics([DIAGNOSTIC, DIAGNOSTIC], false)).toContain('BNN2003`\n\nerror');
  });
});
