/**
 * The networks whose instructions bench/networks.md records: topologies of published examples with pseudo-random weights of ±1, as
 * JSON models, the same bytes on every machine. Half of the bits between layers are ones, as in a trained network: a threshold
 * that is far off makes every later layer easier to compute, or harder. The last layer gives integer scores.
 */
import type { JsonValue } from '../compiler/frontends/json/print.ts';
import { LARGEST_OF, SIGN, batchNorm, drawFrom, signs, type JsonNode } from './random-constants.ts';

export interface BenchModel {
  readonly name: string;
  /** One line for the table. */
  readonly doc: string;
  readonly json: () => string;
}

interface Pool {
  readonly kernel: 2 | 3;
  readonly stride: number;
}

type Layer =
  | {
      readonly kind: 'conv2d';
      readonly outputs: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
      /** Before batch normalization and sign. */
      readonly pool: Pool | null;
    }
  | { readonly kind: 'dense'; readonly outputs: number };

interface Input {
  readonly shape: number | readonly [number, number, number];
  /** Real value = scale·(stored − zero). */
  readonly values: { readonly type: 'b1' } | { readonly type: 'u8'; readonly scale: string; readonly offset: number };
  /** Standard deviation of an element, real. */
  readonly spread: number;
}

/** Standard deviation of what is spread evenly from −1 to 1. */
const EVEN = Math.sqrt(1 / 3);

const BITS = { values: { type: 'b1' }, spread: 1 } as const;
const BYTES = { values: { type: 'u8', scale: '2/255', offset: -1 }, spread: EVEN } as const;
/** A byte of 128 is zero. */
const CENTRED_BYTES = { values: { type: 'u8', scale: '1', offset: -128 }, spread: 128 * EVEN } as const;

function inputNode({ shape, values }: Input): JsonNode {
  return { ...values, shape: typeof shape === 'number' ? shape : [...shape] };
}

function layersOf(seed: number, input: Input, layers: readonly Layer[]): readonly JsonNode[] {
  const draw = drawFrom(seed);
  const nodes: JsonNode[] = [];
  let [height, width, channels] = typeof input.shape === 'number' ? [1, 1, input.shape] : input.shape;
  let { spread } = input;
  layers.forEach((layer, i) => {
    const name = `${layer.kind === 'dense' ? 'fc' : 'conv'}${i + 1}`;
    let taps = height * width * channels;
    let mean = 0;
    if (layer.kind === 'dense') {
      if (layers[i - 1]?.kind === 'conv2d') nodes.push({ op: 'reshape' });
      nodes.push({ op: 'dense', name, weights: signs(draw, [layer.outputs, taps]) });
      [height, width] = [1, 1];
    } else {
      const { kernel, stride, padding, pool } = layer;
      const conv = { op: 'conv2d', name, weights: signs(draw, [layer.outputs, kernel, kernel, channels]), stride, padding };
      nodes.push(conv);
      const after = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
      taps = kernel * kernel * channels;
      [height, width] = [after(height), after(width)];
      if (pool !== null) {
        nodes.push({ op: 'max-pool', name: `pool${i + 1}`, kernel: pool.kernel, stride: pool.stride });
        const pooled = (size: number): number => Math.floor((size - pool.kernel) / pool.stride) + 1;
        [height, width] = [pooled(height), pooled(width)];
        mean = LARGEST_OF[pool.kernel === 2 ? 4 : 9];
      }
    }
    channels = layer.outputs;
    if (i === layers.length - 1) return;
    const deviation = spread * Math.sqrt(taps);
    nodes.push(batchNorm(draw, channels, { spread: deviation, mean: mean * deviation, jitter: 1 / 16 }), SIGN);
    spread = 1;
  });
  return nodes;
}

function model(name: string, doc: string, seed: number, input: Input, layers: readonly Layer[]): BenchModel {
  const document = (): JsonValue => ({
    format: 'bnnc',
    version: 1,
    name: name.replaceAll('-', '_'),
    input: inputNode(input),
    nodes: layersOf(seed, input, layers),
  });
  return { name, doc, json: () => `${JSON.stringify(document(), null, 1)}\n` };
}

const dense = (outputs: number): Layer => ({ kind: 'dense', outputs });

const EBNN: readonly Layer[] = [
  { kind: 'conv2d', outputs: 10, kernel: 3, stride: 2, padding: 0, pool: { kernel: 3, stride: 2 } },
  dense(10),
];

const HALVED = { kernel: 2, stride: 2 } as const;

const SMALL_CIFAR: readonly Layer[] = [
  ...[32, 32, 64].map((outputs): Layer => ({ kind: 'conv2d', outputs, kernel: 5, stride: 1, padding: 2, pool: HALVED })),
  dense(10),
];

const BINARYNET_CIFAR10: readonly Layer[] = [
  ...[128, 256, 512].flatMap((outputs) =>
    [null, HALVED].map((pool): Layer => ({ kind: 'conv2d', outputs, kernel: 3, stride: 1, padding: 1, pool })),
  ),
  ...[1024, 1024, 10].map(dense),
];

export const BENCH_MODELS: readonly BenchModel[] = [
  model(
    'ebnn-simple-mnist',
    "eBNN's example: bytes 28×28, conv 3×3 stride 2 to 10, pool 3×3 stride 2, dense 360-10",
    41,
    { ...BYTES, shape: [28, 28, 1] },
    EBNN,
  ),
  model('ebnn-binary-mnist', 'the same with bits as input', 42, { ...BITS, shape: [28, 28, 1] }, EBNN),
  model(
    'small-cifar',
    'bytes 32×32×3, conv 5×5 to 32, 32 and 64, each with a pool 2×2 and zero padding (byte 128 is zero), dense 1024-10',
    43,
    { ...CENTRED_BYTES, shape: [32, 32, 3] },
    SMALL_CIFAR,
  ),
  model('mlp-1024', 'bits 784, dense 1024, 1024, 1024, 10', 44, { ...BITS, shape: 784 }, [1024, 1024, 1024, 10].map(dense)),
  model('mlp-4096', 'bits 784, dense 4096, 4096, 4096, 10', 45, { ...BITS, shape: 784 }, [4096, 4096, 4096, 10].map(dense)),
  model(
    'binarynet-cifar10',
    "BinaryNet's network: bytes 32×32×3, conv 3×3 to 128, 128, 256, 256, 512, 512 with zero padding, every second pooled, dense 1024, 1024, 10",
    46,
    { ...BYTES, shape: [32, 32, 3] },
    BINARYNET_CIFAR10,
  ),
];
