/** Operators that onnxruntime lacks, with their definitions. */
import { ALL, FLOAT, type Case } from './case.ts';

/** One bit: signed is ±scale, unsigned is {0, scale} around the zero point. */
function quant(op: string): Case {
  return {
    opsets: ALL,
    build: (model, draw) => {
      const [shape, scale, signed] = [draw.shape(2), draw.pick([1, 0.5, 4]), draw.int(0, 1)];
      const zero = signed === 1 ? 0 : draw.int(0, 1);
      const inputs = [model.input('x', shape), model.float(scale), model.float(zero), model.float(1)];
      const output = model.node(
        op,
        inputs,
        { signed, narrow: signed },
        { domain: draw.pick(['', 'onnx.brevitas', 'qonnx.custom_op.general']) },
      );
      const unsigned = (v: number): number => {
        const level = Math.fround(Math.fround(v / scale) + zero);
        return ((level > 0.5 ? 1 : 0) - zero) * scale;
      };
      return { output, shape, means: (sample) => sample.map((v) => (signed === 1 ? (v >= 0 ? scale : -scale) : unsigned(v))) };
    },
  };
}

export const QUANTIZERS: Readonly<Record<string, Case>> = {
  BipolarQuant: {
    opsets: ALL,
    build: (model, draw) => {
      const [shape, scale] = [draw.shape(2), draw.pick([1, 0.5, 3])];
      const domain = draw.pick(['', 'onnx.brevitas', 'qonnx.custom_op.general', 'finn.custom_op.general']);
      const output = model.node('BipolarQuant', [model.input('x', shape), model.float(scale)], {}, { domain });
      return { output, shape, means: (sample) => sample.map((v) => (v >= 0 ? scale : -scale)) };
    },
  },
  Quant: quant('Quant'),
  IntQuant: quant('IntQuant'),
  MultiThreshold: {
    opsets: ALL,
    build: (model, draw) => {
      const image = draw.flag();
      const last = image && draw.flag();
      const shape = draw.shape(image ? 4 : 2);
      const [, channels = 1, height = 1, width = 1] = shape;
      const thresholds = draw.values(draw.flag() ? channels : 1);
      const [scale, bias] = draw.pick<readonly [number, number]>([
        [1, 0],
        [2, -1],
        [0.5, 3],
        [-1, 1],
      ]);
      const form = scale === 2 ? { out_dtype: 'BIPOLAR' } : scale === 1 ? { out_dtype: 'BINARY' } : {};
      const attributes = { out_scale: { float: scale }, out_bias: { float: bias }, ...form };
      const constant = model.floats([thresholds.length, 1], thresholds);
      const domain = draw.pick(['qonnx.custom_op.general', 'finn.custom_op.general']);
      const decide = (input: string, layout: Record<string, string>): string =>
        model.node('MultiThreshold', [input, constant], { ...attributes, ...layout }, { domain });
      let output = model.input('x', shape);
      if (last) {
        output = decide(model.node('Transpose', [output], { perm: [0, 2, 3, 1] }), { data_layout: 'NHWC' });
        output = model.node('Transpose', [output], { perm: [0, 3, 1, 2] });
      } else output = decide(output, draw.flag() ? {} : { data_layout: image ? 'NCHW' : 'NC' });
      const value = (v: number, channel: number): number =>
        (v >= (thresholds[thresholds.length === 1 ? 0 : channel] ?? 0) ? scale : 0) + bias;
      const means = (sample: readonly number[]): readonly number[] =>
        sample.map((v, i) => value(v, Math.floor(i / (height * width)) % channels));
      return { output, shape, means };
    },
  },
  XnorPopcountMatMul: {
    opsets: ALL,
    build: (model, draw) => {
      const [inputs, outputs] = [draw.int(1, 70), draw.int(1, 5)];
      const bits = draw.integers(0, 1, inputs * outputs);
      const x = model.node('Cast', [model.node('Greater', [model.input('x', [1, inputs]), model.float(0)])], { to: FLOAT });
      const output = model.node(
        'XnorPopcountMatMul',
        [x, model.floats([inputs, outputs], bits)],
        {},
        { domain: 'qonnx.custom_op.general' },
      );
      const means = (sample: readonly number[]): readonly number[] =>
        Array.from({ length: outputs }, (_, o) => sample.filter((v, i) => (v > 0 ? 1 : 0) === bits[i * outputs + o]).length);
      return { output, shape: [1, inputs], means };
    },
  },
};
