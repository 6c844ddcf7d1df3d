/** Exact numbers: decimals and fractions, never rounded. */
import { z } from 'zod';
import { equals, printRational, type Rational } from '../../support/rational.ts';
import type { JsonValue } from './print.ts';

const one = z
  .union([z.number(), z.string()])
  .meta({ id: 'exact', description: 'a number, taken as the decimal that is written, or a text such as "1/255"' });

/** One exact number, or one per channel. */
export const exact = z
  .union([one, z.array(one).min(1)])
  .meta({ description: 'a number or a fraction such as "1/255", or a list with one per channel' });

/** Whole numbers as numbers, fractions as text; undefined for what is read where nothing is written. */
export function writeExact(list: readonly Rational[], fallback: Rational): JsonValue | undefined {
  const [only] = list;
  if (list.length === 1 && only !== undefined) return equals(only, fallback) ? undefined : writeOne(only);
  return list.map(writeOne);
}

function writeOne(value: Rational): JsonValue {
  const whole = Number(value.numerator);
  return value.denominator === 1n && Number.isSafeInteger(whole) ? whole : printRational(value);
}
