/** Whether the certificate explains that another float32 implementation computes something else for a sample. */
import { channelCount } from '../ir/encoding.ts';
import { interpretAll } from '../ir/interpret.ts';
import type { Graph, TensorData } from '../ir/types.ts';
import type { Certificate, UncertainChannel } from './certificate.ts';

/** A sum that rounding can bring to the other side of a sign. */
export interface UncertainSum {
  readonly sign: string;
  readonly layer: string;
  readonly channel: number;
  /** The integer sum that the sample gives there. */
  readonly accumulator: number;
}

/** The uncertain sums of one sample of stored elements, in the order of the certificate, each channel at most once. */
export function uncertainSums(graph: Graph, { signs }: Certificate, sample: TensorData): readonly UncertainSum[] {
  const tensors = interpretAll(graph, sample);
  const sumIn = ({ layer, channel, low, high }: UncertainChannel): number | undefined => {
    const output = graph.nodes.find((node) => node.name === layer)?.output ?? graph.input;
    const tensor = tensors.get(output);
    if (tensor === undefined) throw new Error(`"${layer}" has no value`);
    const channels = channelCount(tensor.type.shape);
    for (let i = channel; i < tensor.data.length; i += channels) {
      const sum = tensor.data[i] as number;
      if (sum >= low && sum <= high) return sum;
    }
    return undefined;
  };
  return signs.flatMap(({ sign, uncertain }) =>
    uncertain.flatMap((channel) => {
      const accumulator = sumIn(channel);
      return accumulator === undefined ? [] : [{ sign, layer: channel.layer, channel: channel.channel, accumulator }];
    }),
  );
}
