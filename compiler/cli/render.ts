/** Draws diagnostics for a person. */
import { createColors } from 'picocolors';
import type { Diagnostic, Origin } from '../support/diagnostics.ts';
import { printable } from '../support/printable.ts';

function place({ file, path, position }: Origin): string {
  const where =
    position === undefined ? '' : 'byte' in position ? ` at byte ${position.byte}` : ` line ${position.line}, column ${position.column}`;
  return printable(path === '' ? `${file}${where}` : `${file}${where}  ${path}`);
}

/** Lines of a paragraph broken at 100 characters, so that messages read well in any terminal. */
export function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text.replace(/\s+/g, ' ')).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > 100) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** A long value in `name  value` goes on below its beginning. Other lines, such as those of a compiler, stay as they are. */
function wrapDetail(detail: string, margin: string): string {
  const shown = printable(detail.replaceAll('\t', '  '));
  const name = /^\S+\s{2,}/.exec(shown)?.[0];
  if (name === undefined || shown.length <= 100) return shown;
  return `${name}${wrap(shown.slice(name.length), `${margin}${' '.repeat(name.length)}`)}`;
}

/**
 * error[BNN2003]: "bn2" has a constant that is not a finite number
 *   --> digits.onnx  graph.node[7] "bn2" (BatchNormalization)
 *    |  scale (γ)[12] = NaN
 *    = note: 1 of 64 values are not finite; an exact threshold needs all of them to be.
 *    = help: Re-export from a checkpoint of a run that converged.
 *    = see `bnnc explain BNN2003`
 */
export function renderDiagnostic(diagnostic: Diagnostic, color: boolean): string {
  const colors = createColors(color);
  const { code, severity, message, origin, details = [], notes = [], help } = diagnostic;
  const head = severity === 'error' ? colors.red(`error[${code}]`) : colors.yellow(`warning[${code}]`);
  return [
    `${colors.bold(head)}: ${wrap(message.replace(/\.$/, ''), '  ')}`,
    ...(origin === undefined ? [] : [`  ${colors.cyan('-->')} ${place(origin)}`]),
    ...details.map((detail) => `   ${colors.cyan('|')}  ${wrapDetail(detail, `   ${colors.cyan('|')}  `)}`),
    ...(origin?.from === undefined ? [] : [`   ${colors.cyan('=')} from: ${place(origin.from)}`]),
    ...notes.map((note) => `   ${colors.cyan('=')} note: ${wrap(note, '           ')}`),
    ...(help === undefined ? [] : [`   ${colors.cyan('=')} help: ${wrap(help, '           ')}`]),
    `   ${colors.cyan('=')} see \`bnnc explain ${code}\``,
    '',
  ].join('\n');
}

/** Of each severity: more are no help, and a damaged file has thousands. */
const MOST_SHOWN = 24;

/** `and 3 more errors: 2 BNN1004, 1 BNN1008`; nothing where all are shown. */
function countOthers(severity: Diagnostic['severity'], others: readonly Diagnostic[]): readonly string[] {
  if (others.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { code } of others) counts.set(code, (counts.get(code) ?? 0) + 1);
  const codes = Array.from(counts, ([code, count]) => `${count} ${code}`).join(', ');
  return [`and ${others.length} more ${severity}${others.length === 1 ? '' : 's'}: ${codes}\n`];
}

/** Warnings and errors in their order, the first 24 of each; of the others their number. A UserError has them all. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], color: boolean): string {
  const severities = ['warning', 'error'] as const;
  const others = severities.map((severity) => diagnostics.filter((each) => each.severity === severity).slice(MOST_SHOWN));
  const hidden = new Set(others.flat());
  const shown = diagnostics.filter((each) => !hidden.has(each)).map((each) => renderDiagnostic(each, color));
  return [...shown, ...severities.flatMap((severity, i) => countOthers(severity, others[i] ?? []))].join('\n');
}
