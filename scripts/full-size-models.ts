/**
 * Published topologies at full size with pseudo-random constants, as JSON models: for the size and speed of compiler and
 * header only. The same bytes on every machine. `npm run full-size` writes them, test/full/full-size.test.ts measures.
 */
import type { JsonValue } from '../compiler/frontends/json/print.ts';
import { LARGEST_OF, SIGN, batchNorm, drawFrom, floats, signs, type JsonNode as Node } from './random-constants.ts';

export interface FullSizeModel {
  readonly name: string;
  /** @param divisor of all widths (1: full size) */
  readonly json: (divisor?: number) => string;
}

/** BinaryNet's network for CIFAR-10: zero padding, a pool before the batch normalization of every second layer. */
function binaryNetCifar10(divisor: number): readonly Node[] {
  const draw = drawFrom(10);
  const nodes: Node[] = [];
  let channels = 3;
  const binary = (inputs: number, spread: number, mean: number, outputs: number): void => {
    nodes.push(batchNorm(draw, outputs, { spread: spread * Math.sqrt(inputs), mean: mean * Math.sqrt(inputs) }), SIGN);
  };
  for (const width of [128, 256, 512]) {
    for (const isPooled of [false, true]) {
      const outputs = width / divisor;
      const spread = channels === 3 ? Math.sqrt(1 / 3) : 1; // of one input: bytes from -1 to 1, or ±1
      nodes.push({ op: 'conv2d', weights: signs(draw, [outputs, 3, 3, channels]), padding: 1 });
      if (isPooled) nodes.push({ op: 'max-pool', kernel: 2 });
      binary(9 * channels, spread, isPooled ? LARGEST_OF[4] : 0, outputs);
      channels = outputs;
    }
  }
  nodes.push({ op: 'reshape' });
  let features = 16 * channels;
  for (const outputs of [1024 / divisor, 1024 / divisor]) {
    nodes.push({ op: 'dense', weights: signs(draw, [outputs, features]) });
    binary(features, 1, 0, outputs);
    features = outputs;
  }
  nodes.push({ op: 'dense', weights: signs(draw, [10, features]) });
  return [...nodes, batchNorm(draw, 10, { spread: Math.sqrt(features), mean: 0 })];
}

/** BinaryNet's network for MNIST. */
function binaryNetMnist(divisor: number): readonly Node[] {
  const draw = drawFrom(20);
  const width = 4096 / divisor;
  const sizes = [784, width, width, width, 10];
  return sizes.slice(1).flatMap((outputs, i) => {
    const inputs = sizes[i] ?? 1;
    const spread = Math.sqrt(i === 0 ? inputs / 3 : inputs);
    const layer: readonly Node[] = [
      { op: 'dense', weights: signs(draw, [outputs, inputs]) },
      batchNorm(draw, outputs, { spread, mean: 0 }),
    ];
    return i + 2 < sizes.length ? [...layer, SIGN] : layer;
  });
}

/**
 * XNOR-Net's AlexNet: the first and the last layer real; between them batch normalization, sign, a binary convolution with α and
 * bias, and a pool behind some.
 */
function alexNetXnor(divisor: number): readonly Node[] {
  const draw = drawFrom(30);
  const real = (outputs: number, kernel: number, inputs: number): JsonValue => {
    const count = outputs * kernel * kernel * inputs;
    const spread = 1 / Math.sqrt(kernel * kernel * inputs);
    return floats(count, () => spread * draw.normal(), [outputs, kernel, kernel, inputs]);
  };
  const pool: Node = { op: 'max-pool', kernel: 3, stride: 2 };
  let channels = 96 / divisor;
  const nodes: Node[] = [
    { op: 'conv2d', weights: real(channels, 11, 3), bias: floats(channels, () => draw.normal() / 10), stride: 4 },
    batchNorm(draw, channels, { spread: 1, mean: 0 }),
    { op: 'elementwise', steps: [{ operator: 'maximum', values: 0 }] },
    pool,
  ];
  let values = { spread: 0.5, mean: 1 };
  for (const [width, kernel, padding, isPooled] of [
    [256, 5, 2, true],
    [384, 3, 1, false],
    [384, 3, 1, false],
    [256, 3, 1, true],
    [4096, 6, 0, false],
    [4096, 1, 0, false],
  ] as const) {
    const outputs = width / divisor;
    const inputs = kernel * kernel * channels;
    const alpha = 1 / Math.sqrt(inputs);
    nodes.push(batchNorm(draw, channels, values), SIGN, {
      op: 'conv2d',
      weights: signs(draw, [outputs, kernel, kernel, channels]),
      scale: floats(outputs, () => alpha * (0.75 + draw.unit() / 2)),
      bias: floats(outputs, () => draw.normal() / 10),
      padding,
    });
    if (isPooled) nodes.push(pool);
    values = { spread: 1, mean: isPooled ? LARGEST_OF[9] : 0 };
    channels = outputs;
  }
  return [
    ...nodes,
    batchNorm(draw, channels, values),
    { op: 'elementwise', steps: [{ operator: 'maximum', values: 0 }] },
    {
      op: 'conv2d',
      weights: real(Math.ceil(1000 / divisor), 1, channels),
      bias: floats(Math.ceil(1000 / divisor), () => draw.normal() / 10),
    },
    { op: 'reshape' },
  ];
}

function model(name: string, input: Readonly<Record<string, JsonValue>>, nodes: (divisor: number) => readonly Node[]): FullSizeModel {
  return {
    name,
    json: (divisor = 1) => `${JSON.stringify({ format: 'bnnc', version: 1, name, input, nodes: nodes(divisor) }, null, 1)}\n`,
  };
}

export const FULL_SIZE_MODELS: readonly FullSizeModel[] = [
  model('binarynet-mnist', { type: 'u8', shape: 784, scale: '2/255', offset: -1 }, binaryNetMnist),
  model('binarynet-cifar10', { type: 'u8', shape: [32, 32, 3], scale: '2/255', offset: -1 }, binaryNetCifar10),
  model(
    'alexnet-xnor',
    { type: 'u8', shape: [227, 227, 3], mean: ['0.485', '0.456', '0.406'], std: ['0.229', '0.224', '0.225'] },
    alexNetXnor,
  ),
];
