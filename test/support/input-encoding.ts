/** The input scalings that people use, as exact numbers. */
import type { Encoding } from '../../compiler/ir/types.ts';
import { ONE, ZERO, parseRational, rational, type Rational } from '../../compiler/support/rational.ts';
import type { InputRecipe } from './recipe.ts';

function fraction(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined) throw new Error(`${text} is not a number`);
  return value;
}

/** What the recipe says about the input on the command line; null for nothing. */
export function encodingOf({ dtype, encoding, channels, width }: InputRecipe): Encoding | null {
  const all = (scale: string, offset: string): Encoding => ({ scale: [fraction(scale)], offset: [fraction(offset)] });
  const image = width > 0;
  switch (encoding) {
    case 'plain':
      return null;
    case 'unit':
      return all('1/255', '0');
    case 'shifted':
      return all('1/127.5', '-1');
    case 'normalised':
      return all('1/78.5655', '-0.1307/0.3081');
    case 'offset-128':
      return all('1', '-128');
    case 'per-channel': {
      const each = [fraction('1/58.395'), fraction('1/57.12'), fraction('1/57.375')];
      if (!image || channels !== 3) return all('1/4', '0');
      return dtype === 'b1' ? { scale: each, offset: [ZERO] } : { scale: each, offset: [fraction('-2.1179'), fraction('-2.0357'), ZERO] };
    }
    case 'half':
      return all('1/2', '1/2');
    case 'negative':
      return { scale: [rational(-1)], offset: [dtype === 'b1' ? ZERO : ONE] };
  }
}
