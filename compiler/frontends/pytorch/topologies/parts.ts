/** Pieces of documents: what a module of torch.nn is in the JSON format. */

export type Json = Readonly<Record<string, unknown>>;

export const CLAMP: Json = {
  op: 'elementwise',
  steps: [
    { operator: 'maximum', values: -1 },
    { operator: 'minimum', values: 1 },
  ],
};
export const RELU: Json = { op: 'elementwise', steps: [{ operator: 'maximum', values: 0 }] };
export const FLATTEN: Json = { op: 'reshape' };

export function tensor(name: string, fields: Json = {}): Json {
  return { tensor: name, ...fields };
}

/** torch.sign: 0 stays 0, of weights too. */
export const SIGN: Json = { op: 'sign', zero: 'zero' };

export function signs(name: string, zero: 'plus' | 'minus' | 'zero'): Json {
  return tensor(name, { binarize: zero });
}

/** In eval mode, as PyTorch computes it on a CPU; `affine` false leaves gamma 1 and beta 0. */
export function batchNorm(name: string, { affine = true, ...fields }: Json & { readonly affine?: boolean } = {}): Json {
  return {
    op: 'batch-norm',
    gamma: affine ? tensor(`${name}.weight`) : 1,
    beta: affine ? tensor(`${name}.bias`) : 0,
    mean: tensor(`${name}.running_mean`),
    variance: tensor(`${name}.running_var`),
    epsilon: 1e-5,
    form: 'scale-shift',
    ...fields,
  };
}

/** Images have the channels first. */
export function network(input: Json, nodes: readonly Json[]): object {
  return { format: 'bnnc', version: 1, layout: 'channels-first', input, nodes };
}

/** Bytes, normalised as torchvision.transforms.Normalize does. */
export function normalised(shape: readonly number[], mean: unknown, std: unknown): Json {
  return { name: 'image', type: 'u8', shape, mean, std };
}
