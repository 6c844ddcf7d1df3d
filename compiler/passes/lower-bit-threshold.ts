import { rebuild, type Replacement } from '../ir/builder.ts';
import { channelCount, isPlain, perChannel, PLAIN } from '../ir/encoding.ts';
import type { ThresholdAttrs } from '../ir/ops/threshold.ts';
import type { Encoding, TensorType } from '../ir/types.ts';
import { divide, negate, ONE } from '../support/rational.ts';
import type { Pass } from './pass.ts';

/** What makes bits of any worth plain signs: real ← (real - offset) / scale. */
function toPlain({ encoding = PLAIN, shape }: TensorType): Encoding {
  const length = encoding.scale.length === 1 && encoding.offset.length === 1 ? 1 : channelCount(shape);
  const each = Array.from({ length }, (_, c) => c);
  return {
    scale: each.map((c) => divide(ONE, perChannel(encoding.scale, c))),
    offset: each.map((c) => negate(divide(perChannel(encoding.offset, c), perChannel(encoding.scale, c)))),
  };
}

/** For each channel 0 where the bit stays, 1 where it is flipped; undefined where some channel is constant. */
function flips({ thresholds, directions }: ThresholdAttrs, channels: number): Uint8Array | undefined {
  const fires = (stored: number, c: number): boolean =>
    perChannel(directions, c) > 0 ? stored >= perChannel(thresholds, c) : stored <= perChannel(thresholds, c);
  const each = Array.from({ length: channels }, (_, c) => c);
  return each.some((c) => fires(-1, c) === fires(1, c)) ? undefined : Uint8Array.from(each, (c) => (fires(-1, c) ? 1 : 0));
}

export const lowerBitThreshold: Pass = {
  name: 'lower-bit-threshold',
  doc: 'The sign of a bit is the bit or its inverse, channel by channel; channels that became constant keep their threshold.',
  run: (graph) =>
    rebuild(graph, (node, [input]): readonly Replacement[] | undefined => {
      if (node.kind !== 'threshold' || input?.dtype !== 'b1') return undefined;
      const channels = flips(node.attrs, channelCount(input.shape));
      if (channels === undefined) return undefined;
      const plain: readonly Replacement[] = isPlain(input.encoding ?? PLAIN)
        ? []
        : [{ kind: 'rescale', attrs: { change: toPlain(input) } }];
      return channels.includes(1) ? [...plain, { kind: 'invert', attrs: { channels } }] : plain;
    }),
};
