/**
 * Makes every model.onnx of the golden cases: the same bytes each time. A test compares them with the committed files;
 * UPDATE_GOLDEN=1 writes them.
 */
import { OnnxModel } from '../support/onnx-model.ts';
import { randomFrom } from '../support/random.ts';

/** The parts of a batch normalization, one entry a channel. */
interface Normalization {
  readonly gamma?: readonly number[];
  readonly beta?: readonly number[];
  readonly mean?: readonly number[];
  readonly variance?: readonly number[];
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

function signs(seed: number, count: number): readonly number[] {
  return Array.from(randomFrom(seed).signs(count));
}

/** An ONNX file in the making, with the blocks that binarized networks consist of. */
class Network {
  readonly model = new OnnxModel();
  #layers = 0;

  dense(x: string, inputs: number, outputs: number, weights: readonly number[] = signs((this.#layers += 1), inputs * outputs)): string {
    const name = `fc${(this.#layers += 1)}`;
    return this.model.node('MatMul', [x, this.model.floats([inputs, outputs], weights)], {}, { name });
  }

  /** 3x3, padded with zeros to keep the size. */
  conv(x: string, inputs: number, outputs: number): string {
    const name = `conv${(this.#layers += 1)}`;
    const weights = this.model.floats([outputs, inputs, 3, 3], signs(this.#layers, outputs * inputs * 9));
    return this.model.node('Conv', [x, weights], { pads: [1, 1, 1, 1] }, { name });
  }

  norm(x: string, channels: number, name: string, { gamma, beta, mean, variance }: Normalization = {}): string {
    const list = (values: readonly number[] | undefined, fallback: number): string =>
      this.model.floats([channels], values ?? new Array<number>(channels).fill(fallback));
    const constants = [list(gamma, 1), list(beta, 0.25), list(mean, 0), list(variance, 1)];
    return this.model.node('BatchNormalization', [x, ...constants], {}, { name });
  }

  /** +1 at 0. */
  sign(x: string, name: string): string {
    const [zero, one, minus] = [this.model.float(0), this.model.float(1), this.model.float(-1)];
    const positive = this.model.node('GreaterOrEqual', [x, zero], {}, { name: `${name}.ge` });
    return this.model.node('Where', [positive, one, minus], {}, { name });
  }

  node(op: string, x: string, name: string): string {
    return this.model.node(op, [x], {}, { name });
  }

  pool(x: string, name: string): string {
    return this.model.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }, { name });
  }
}

/** 8 pixels, 4 hidden bits, 3 scores; `hidden` is what stands between the two layers. */
function perceptron(hidden: (net: Network, sum: string) => string = (net, sum) => net.sign(net.norm(sum, 4, 'bn1'), 'sign1')): Uint8Array {
  const net = new Network();
  const x = net.model.input('pixels', ['N', 8]);
  return net.model.bytes(net.norm(net.dense(hidden(net, net.dense(x, 8, 4)), 4, 3), 3, 'bn2'));
}

function weightsWith(index: number, value: number): Uint8Array {
  const net = new Network();
  const x = net.model.input('pixels', ['N', 8]);
  const weights = signs(1, 32).map((w, i) => (i === index ? value : w));
  return net.model.bytes(net.norm(net.dense(x, 8, 4, weights), 4, 'bn1'));
}

function image(height: number | string, tail: (net: Network, image: string) => string): Uint8Array {
  const net = new Network();
  const x = net.model.input('image', ['N', 1, height, 6]);
  return net.model.bytes(tail(net, net.conv(x, 1, 3)));
}

/** Two blocks, the first pooled before its batch normalization, with channels of every sign of gamma. */
function convPool(): Uint8Array {
  return image(6, (net, sum) => {
    const gammas = { gamma: [0.5, -0.75, 1.5], beta: [0.125, 0.25, -1], mean: [2, -1, 0.5], variance: [4, 1, 0.5] };
    const bits = net.sign(net.norm(net.pool(sum, 'pool1'), 3, 'bn1', gammas), 'sign1');
    const flat = net.node('Flatten', bits, 'flatten');
    return net.norm(net.dense(flat, 27, 2), 2, 'bn2', { gamma: [0.25, 0.5] });
  });
}

/** Three channels that each have their own scale; with zero padding their multipliers must agree on one unit. */
function colours(): Uint8Array {
  const net = new Network();
  const x = net.model.input('image', ['N', 3, 6, 6]);
  const bits = net.sign(net.norm(net.conv(x, 3, 4), 4, 'bn1'), 'sign1');
  return net.model.bytes(net.dense(net.node('Flatten', bits, 'flatten'), 144, 2));
}

function bitInput(): Uint8Array {
  const net = new Network();
  const x = net.model.input('bits', ['N', 40]);
  const hidden = net.sign(net.norm(net.dense(x, 40, 6), 6, 'bn1', { beta: [0.5, -3, 1, 0, 2, -1] }), 'sign1');
  return net.model.bytes(net.dense(hidden, 6, 3));
}

function twoOutputs(): Uint8Array {
  const net = new Network();
  const x = net.model.input('pixels', ['N', 8]);
  const features = net.sign(net.norm(net.dense(x, 8, 4), 4, 'bn1'), 'sign1');
  return net.model.bytes(features, net.dense(features, 4, 3));
}

function twoInputs(): Uint8Array {
  const net = new Network();
  const left = net.model.input('left', ['N', 8]);
  const right = net.model.input('right', ['N', 8]);
  const sum = net.model.node('Add', [left, right], {}, { name: 'join' });
  return net.model.bytes(net.dense(sum, 8, 3));
}

function twoBitQuantizer(): Uint8Array {
  return perceptron(({ model }, sum) =>
    model.node(
      'Quant',
      [sum, model.float(1), model.float(0), model.float(2)],
      { signed: 1, narrow: 0, rounding_mode: 'ROUND' },
      { name: 'act1', domain: 'qonnx.custom_op.general' },
    ),
  );
}

function twoUnsupported(): Uint8Array {
  return image(6, (net, sum) => {
    const activated = net.node('Gelu', sum, 'gelu1');
    const bits = net.sign(activated, 'sign1');
    return net.node('Flatten', net.node('GlobalAveragePool', bits, 'pool'), 'flatten');
  });
}

/** With an even number of inputs a sum of signs can be 0, and the sign of torch is 0 there. */
function torchSign(): Uint8Array {
  const net = new Network();
  const x = net.model.input('pixels', ['N', 8]);
  const first = net.sign(net.norm(net.dense(x, 8, 4), 4, 'bn1'), 'sign1');
  const second = net.node('Sign', net.dense(first, 4, 6), 'sign2');
  return net.model.bytes(net.dense(second, 6, 3));
}

const POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 242573
`;

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1);

/** For each case the bytes of its model.onnx; a case that is not here has none. */
export const MODELS: Readonly<Record<string, () => Uint8Array>> = {
  'accumulator-overflow': colours,
  'directory-as-model': perceptron,
  'dump-after-import': bitInput,
  'dump-after-unknown': perceptron,
  'dynamic-height': () => image('height', (net, sum) => net.sign(sum, 'sign1')),
  'empty-file': () => new Uint8Array(0),
  'flash-too-small': convPool,
  'git-lfs-pointer': () => text(POINTER),
  'header-bits': bitInput,
  'header-conv-pool': convPool,
  'header-dense': () => perceptron(),
  'header-to-stdout': bitInput,
  'input-scale-of-wrong-length': colours,
  'input-scale-text': perceptron,
  'input-scale-zero': perceptron,
  'json-to-stdout': bitInput,
  'mean-with-input-scale': perceptron,
  'module-bits': bitInput,
  'module-conv-pool': convPool,
  'multi-bit-quantizer': twoBitQuantizer,
  'nan-in-batch-norm': () => perceptron((net, sum) => net.sign(net.norm(sum, 4, 'bn1', { gamma: [1, 0.5, NaN, 2] }), 'sign1')),
  'negative-variance': () => perceptron((net, sum) => net.sign(net.norm(sum, 4, 'bn1', { variance: [1, 0.5, 2, -0.25] }), 'sign1')),
  'no-output-folder': perceptron,
  'output-unknown': twoOutputs,
  'pool-at-the-end': () => image(6, (net, sum) => net.pool(sum, 'pool1')),
  'ram-too-small': convPool,
  'real-input': perceptron,
  'sign-zero-attainable': torchSign,
  'sign-zero-given': torchSign,
  'target-unknown': perceptron,
  'text-file': () => text('# digits\n\nA network for digits.\n'),
  'png-file': () => PNG,
  'truncated-file': () => perceptron().subarray(0, 200),
  'two-inputs': twoInputs,
  'two-outputs': twoOutputs,
  'unsupported-operators': twoUnsupported,
  'flag-unknown': perceptron,
  'choice-unknown': perceptron,
  'weight-of-zero': () => weightsWith(6, 0),
  'weights-not-alpha': () => weightsWith(9, 0.37),
};
