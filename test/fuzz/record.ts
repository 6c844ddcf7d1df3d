/** The committed record of long runs: one section for each reader. */
import { CODES, isCode } from '../../compiler/support/codes.ts';
import type { Summary } from './campaign.ts';

export interface RunName {
  readonly reader: string;
  readonly seed: number;
  /** With the models of BNNC_MODELS_DIR. */
  readonly others: boolean;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** A section of RECORD.md, without an empty line at its ends. */
export function sectionOf({ reader, seed, others }: RunName, { cases, outcomes, codes, slowest, peakBytes, findings }: Summary): string {
  const count = (kind: string): string => grouped(outcomes[kind] ?? 0);
  const rows = Object.entries(codes).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return [
    `## ${reader}`,
    '',
    `\`npm run fuzz -- --reader ${reader} --cases ${cases} --seed ${seed}\`${others ? ', with the models of others in `BNNC_MODELS_DIR`' : ''}`,
    '',
    '| | |',
    '| --- | ---: |',
    `| cases | ${grouped(cases)} |`,
    `| refused with a diagnostic | ${count('refused')} |`,
    `| read | ${count('read')} |`,
    `| read and compiled to a header | ${count('compiled')} |`,
    `| crashes, hangs, reads outside the folder, unreadable messages | ${grouped(findings.length)} |`,
    `| slowest case | ${grouped(Math.round(slowest.milliseconds))} ms (case ${slowest.case}) |`,
    `| largest process | ${grouped(Math.round(peakBytes / 2 ** 20))} MiB |`,
    '',
    '| diagnostic | | cases |',
    '| --- | --- | ---: |',
    ...rows.map(([code, times]) => `| ${code} | ${isCode(code) ? CODES[code].title : ''} | ${grouped(times)} |`),
    ...(findings.length === 0
      ? []
      : ['', 'Findings:', '', ...findings.map((f) => `- case ${f.case}: ${f.kind}: ${f.text.split('\n')[0] ?? ''}`)]),
  ].join('\n');
}

/** The record with a section added, or replaced if the reader has one. Sections stand in the order of their names. */
export function withSection(record: string, reader: string, section: string): string {
  const [head = '', ...sections] = record.split(/\n(?=## )/);
  const others = sections.filter((text) => text.split('\n')[0] !== `## ${reader}`);
  const all = [...others.map((text) => text.trimEnd()), section].sort();
  return `${[head.trimEnd(), ...all].join('\n\n')}\n`;
}
