/** Operations on stored integers and bits: rescale, threshold, invert. */
import { channelCount } from '../../../ir/encoding.ts';
import { ONE, ZERO, equals } from '../../../support/rational.ts';
import { opForm, type OpForm } from '../form.ts';
import { exact, writeExact } from '../exact.ts';
import { values, writeIntegers } from '../values.ts';

export const rescale: OpForm<'rescale'> = opForm(
  'rescale',
  'An exact affine change of what stored integers are worth: real = scale*real + offset.',
  { scale: exact.optional(), offset: exact.optional() },
  (json, fields, input) => {
    const channels = channelCount(input.shape);
    const scale = fields.rationals(['scale'], json.scale, channels, ONE);
    if (scale.some((s) => equals(s, ZERO))) fields.problem(['scale'], { what: 'is 0, which makes all numbers the same', seen: 0 });
    return { change: { scale, offset: fields.rationals(['offset'], json.offset, channels, ZERO) } };
  },
  ({ change }) => ({ scale: writeExact(change.scale, ONE), offset: writeExact(change.offset, ZERO) }),
);

const INT32 = { low: -(2 ** 31), high: 2 ** 31 - 1 };

export const threshold: OpForm<'threshold'> = opForm(
  'threshold',
  'A bit per stored integer q: +1 where q >= threshold (direction 1) or q <= threshold (direction -1).',
  {
    thresholds: values.meta({ description: 'whole numbers, one per channel or one for all' }),
    directions: values.meta({ description: '1 or -1, as many as thresholds' }),
  },
  (json, fields, input) => {
    const channels = channelCount(input.shape);
    const thresholds = fields.integers(['thresholds'], json.thresholds, channels, false, INT32.low, INT32.high);
    const directions = Int8Array.from(fields.integers(['directions'], json.directions, channels, false, -1, 1));
    if (directions.includes(0)) fields.problem(['directions'], { what: 'hold a 0', wanted: '1 or -1' });
    return { thresholds, directions };
  },
  ({ thresholds, directions }) => ({ thresholds: writeIntegers(thresholds), directions: writeIntegers(directions) }),
);

export const invert: OpForm<'invert'> = opForm(
  'invert',
  'Flips the bits of some channels.',
  { channels: values.meta({ description: 'for each channel 1 where its bits are flipped, else 0' }) },
  (json, fields, input) => ({
    channels: Uint8Array.from(fields.integers(['channels'], json.channels, channelCount(input.shape), true, 0, 1)),
  }),
  ({ channels }) => ({ channels: writeIntegers(channels) }),
);
