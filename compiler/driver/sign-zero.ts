/** Can exactly 0 arrive at a sign whose file says sign(0) = 0? */
import { accumulatorOf, isLinear } from '../ir/accumulator.ts';
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { producerOf, typeOf } from '../ir/graph.ts';
import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import { preSign, storedRange, zeroRange } from '../ir/threshold-search.ts';
import type { Graph, Node, NodeOf, ValueId } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';

/** 'plus' when zero cannot arrive at a sign whose file says sign(0) = 0; otherwise a diagnostic that asks. */
export function zeroOf(graph: Graph, sign: NodeOf<'sign'>, diagnostics: Diagnostics): 'plus' {
  const steps: Step[] = [];
  let id: ValueId | undefined = sign.inputs[0];
  let producer = id === undefined ? undefined : producerOf(graph, id);
  while (producer !== undefined && ['elementwise', 'batch-norm', 'max-pool', 'reshape'].includes(producer.kind)) {
    if (producer.kind === 'elementwise') steps.unshift(...producer.attrs.steps);
    if (producer.kind === 'batch-norm') steps.unshift(...batchNormSteps(producer.attrs));
    id = producer.inputs[0];
    producer = id === undefined ? undefined : producerOf(graph, id);
  }
  const found = id === undefined ? undefined : attainedZero(graph, id, producer, steps);
  if (found === undefined) return 'plus';
  diagnostics.error({
    code: 'BNN2004',
    message: `"${sign.name}" can receive exactly 0, and this file says sign(0) = 0, which is not a bit`,
    origin: sign.origin,
    details: [`channel ${found.channel}: accumulator ${found.value} gives 0`],
    notes: [`${found.channels} of ${found.of} channels attain 0.`],
    help: 'Say what the deployed network does: --sign-zero plus (BinaryNet, Larq, QONNX) or --sign-zero minus.',
  });
  return 'plus';
}

interface AttainedZero {
  readonly channel: number;
  readonly value: number;
  readonly channels: number;
  readonly of: number;
}

function attainedZero(graph: Graph, id: ValueId, producer: Node | undefined, steps: readonly Step[]): AttainedZero | undefined {
  const type = typeOf(graph, id);
  if (type.encoding === undefined) return undefined; // a real-valued sign: reported by its own check
  const [inputId] = producer?.inputs ?? [];
  const linear = isLinear(producer) ? producer : undefined;
  const accumulator = linear && inputId !== undefined ? accumulatorOf(linear, typeOf(graph, inputId)) : undefined;
  const f = preSign(type, steps);
  const channels = channelCount(type.shape);
  const found: { channel: number; value: number }[] = [];
  for (let channel = 0; channel < channels; channel += 1) {
    const range = accumulator?.range(channel) ?? storedRange(type);
    const zeros = zeroRange((stored) => f(stored, channel), range);
    for (let value = zeros?.low ?? 1; value <= (zeros?.high ?? 0); value += 1) {
      if (accumulator !== undefined && !accumulator.attains(value)) continue;
      found.push({ channel, value });
      break;
    }
  }
  const [first] = found;
  return first && { ...first, channels: found.length, of: channels };
}
