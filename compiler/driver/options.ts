/** From the words of a command line to what they mean. */
import { normalised } from '../ir/encoding.ts';
import { MOST_ELEMENTS } from '../frontends/limits.ts';
import { fail, type Diagnostics } from '../support/diagnostics.ts';
import { ONE, ZERO, parseRational, type Rational } from '../support/rational.ts';
import type { InputMeaning } from './meaning.ts';

export interface InputWords {
  readonly input: 'u8' | 'i8' | 'f32' | 'b1' | null;
  /** Decimals or fractions, comma lists with one entry per channel. */
  readonly inputScale: string | null;
  readonly inputOffset: string | null;
  readonly mean: string | null;
  readonly std: string | null;
  readonly signZero: 'plus' | 'minus' | null;
  /** Sizes of one sample in the file's order, such as 1x28x28, where the file does not state them. */
  readonly inputShape: string | null;
}

export const NO_INPUT_WORDS: InputWords = {
  input: null,
  inputScale: null,
  inputOffset: null,
  mean: null,
  std: null,
  signZero: null,
  inputShape: null,
};

/** @throws UserError BNN0001 */
export function inputSizes({ inputShape }: Pick<InputWords, 'inputShape'>): readonly number[] | null {
  if (inputShape === null) return null;
  const sizes = inputShape.split(/[x,]/).map(Number);
  if (sizes.length <= 4 && sizes.every((size) => Number.isSafeInteger(size) && size >= 1 && size <= MOST_ELEMENTS)) return sizes;
  return fail({
    code: 'BNN0001',
    message: `--input-shape ${inputShape} is no list of sizes`,
    details: ['wanted  the sizes of one sample as the model file counts them, such as 1x28x28 (channels, height, width) or 784'],
  });
}

function numbers(option: string, text: string | null, diagnostics: Diagnostics): readonly Rational[] | null {
  if (text === null) return null;
  const values = text.split(',').map(parseRational);
  const bad = values.findIndex((v) => v === undefined);
  if (bad >= 0) {
    diagnostics.error({
      code: 'BNN0001',
      message: `${option} ${text} is not a number`,
      details: [
        `entry ${bad + 1}: "${text.split(',')[bad]}"`,
        'wanted   a decimal such as 0.1307 or a fraction such as 1/255; commas between channels',
      ],
    });
    return null;
  }
  return values.flatMap((v) => (v === undefined ? [] : [v]));
}

/**
 * --input-scale S --input-offset O mean real = S·stored + O; --mean M --std D mean real = (stored/255 − M)/D.
 * Problems (BNN0001) go to `diagnostics`.
 */
export function inputMeaning(words: InputWords, diagnostics: Diagnostics): InputMeaning {
  const scale = numbers('--input-scale', words.inputScale, diagnostics);
  const offset = numbers('--input-offset', words.inputOffset, diagnostics);
  const mean = numbers('--mean', words.mean, diagnostics);
  const std = numbers('--std', words.std, diagnostics);
  const affine = words.inputScale !== null || words.inputOffset !== null;
  const normal = words.mean !== null || words.std !== null;
  if (affine && normal) {
    diagnostics.error({
      code: 'BNN0001',
      message: '--mean and --std cannot be combined with --input-scale and --input-offset',
      details: ['--input-scale S --input-offset O   real = S·stored + O', '--mean M --std D                   real = (stored/255 - M)/D'],
      help: 'Use the pair that your training code used.',
    });
  }
  if (std?.some((d) => d.numerator === 0n)) {
    diagnostics.error({ code: 'BNN0001', message: '--std contains 0', help: 'A standard deviation is positive.' });
  }
  diagnostics.stopOnErrors();
  const encoding = normal ? normalised(mean ?? [ZERO], std ?? [ONE]) : affine ? { scale: scale ?? [ONE], offset: offset ?? [ZERO] } : null;
  return { type: words.input, encoding, signZero: words.signZero };
}
