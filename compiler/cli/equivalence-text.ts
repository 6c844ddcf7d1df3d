/** The equivalence certificate for a person. */
import type { Certificate } from '../driver/certificate.ts';
import { grouped, table } from '../report/text.ts';

/** Uncertain channels that are listed; all are in the JSON. */
const SHOWN = 5;

function channels(count: number): string {
  return `${grouped(count)} channel${count === 1 ? '' : 's'}`;
}

/** A sentence, and the worst channels if there are uncertain ones. Empty for a network without signs. */
export function equivalenceText(certificate: Certificate): string {
  const { certain, notCovered, signs } = certificate;
  if (certificate.channels === 0) return '';
  const uncertain = signs
    .flatMap(({ sign, uncertain: list }) => list.map((channel) => ({ sign, ...channel })))
    .sort((a, b) => a.margin - b.margin);
  const rest = notCovered === 0 ? '' : `; ${channels(notCovered)} ${notCovered === 1 ? 'is' : 'are'} not covered`;
  const head = `equivalence: ${grouped(certain)} of ${channels(certificate.channels)} cannot differ in any float32 implementation${rest}`;
  if (uncertain.length === 0) return `${head}.\n`;
  const rows = uncertain
    .slice(0, SHOWN)
    .map((u) => [
      u.sign,
      u.layer,
      String(u.channel),
      u.low === u.high ? String(u.low) : `${u.low} to ${u.high}`,
      u.value.toExponential(2),
      u.bound.toExponential(2),
      u.margin.toFixed(3),
    ]);
  const more = uncertain.length > SHOWN ? `and ${grouped(uncertain.length - SHOWN)} more; --json lists them all\n` : '';
  return `${head}; ${grouped(uncertain.length)} can:\n\n${table([['sign', 'layer', 'channel', 'at the sum', 'value', 'error bound', 'margin'], ...rows])}${more}`;
}
