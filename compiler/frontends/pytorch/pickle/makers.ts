/**
 * The only classes and functions that a pickle may name, and what each of them makes: data, never an effect. The names are those
 * of PyTorch's torch/_utils.py and of its weights_only loader (torch/_weights_only_unpickler.py), and of numpy's arrays and scalars.
 */
import { decodeElements } from '../../../support/elements.ts';
import { NUMPY_TYPES } from '../../../support/numpy.ts';
import { TORCH_DTYPES, STORAGE_TYPES } from './element-types.ts';
import { MOST_DIMENSIONS } from './limits.ts';
import { describeValue, isObject, itemsOf, tuple, type PickleDType, type PickleValue } from './value.ts';

/** A call that the pickle asks for. */
export interface Call {
  /** Full name of what is called. */
  readonly name: string;
  readonly args: readonly PickleValue[];
  /** Byte of the file. */
  readonly byte: number;
  /** Damage, as a sentence without its full stop. */
  readonly fail: (message: string) => never;
}

type Maker = (call: Call) => PickleValue;

function wrong({ name, args, fail }: Call, wanted: string): never {
  const seen = args.slice(0, 8).map(describeValue).join(', ');
  return fail(`${name} is called with (${seen}${args.length > 8 ? ', …' : ''}), and takes ${wanted}`);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A list of counts; undefined for anything else. */
function counts(value: PickleValue | undefined): readonly number[] | undefined {
  const items = itemsOf(value);
  return items !== undefined && items.length <= MOST_DIMENSIONS && items.every(isCount) ? items : undefined;
}

function dict(call: Call, pairs: PickleValue | undefined): PickleValue {
  const entries = new Map<PickleValue, PickleValue>();
  if (isObject(pairs) && pairs.kind === 'dict') return { kind: 'dict', entries: new Map(pairs.entries) };
  for (const pair of pairs === undefined ? [] : (itemsOf(pairs) ?? wrong(call, 'a list of pairs'))) {
    const [key, value, more] = itemsOf(pair) ?? wrong(call, 'a list of pairs');
    if (key === undefined || value === undefined || more !== undefined) return wrong(call, 'a list of pairs');
    entries.set(key, value);
  }
  return { kind: 'dict', entries };
}

function unreadable(name: string): PickleDType {
  return { kind: 'dtype', name, element: null, littleEndian: true };
}

/** Bits of the metadata with which a view stands for the conjugate or the negative of what is stored. */
function lazyBits(metadata: PickleValue | undefined): readonly PickleValue[] {
  if (!isObject(metadata) || metadata.kind !== 'dict') return [];
  return [...metadata.entries].flatMap(([bit, set]) => (set === false ? [] : [bit]));
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]); _rebuild_tensor has the first four. */
function tensor(call: Call, type?: PickleDType, metadata = call.args[6]): PickleValue {
  const [storage, offset, size, stride] = call.args;
  const [sizes, strides] = [counts(size), counts(stride)];
  if (!isObject(storage) || storage.kind !== 'storage' || !isCount(offset) || sizes === undefined || strides?.length !== sizes.length)
    return wrong(call, `(storage, offset, sizes, strides), sizes of at most ${MOST_DIMENSIONS} dimensions`);
  const stored = type ?? storage.type;
  const bits = lazyBits(metadata).map(describeValue);
  const seen = bits.length === 0 ? stored : unreadable(`${stored.name} with ${bits.join(' and ')}`);
  return { kind: 'tensor', storage, type: seen, offset, sizes, strides, byte: call.byte };
}

/** _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata]) */
function tensorOfType(call: Call): PickleValue {
  const [type, metadata = null] = call.args.slice(6);
  return isObject(type) && type.kind === 'dtype' ? tensor(call, type, metadata) : wrong(call, 'a torch.dtype as its seventh argument');
}

/** _rebuild_qtensor(storage, offset, size, stride, (scheme, …), …): its storage is of a type that is not read. */
function quantizedTensor(call: Call): PickleValue {
  return tensor(call, undefined, null);
}

/** torch.serialization._get_layout("torch.sparse_coo") */
function layout(call: Call): PickleValue {
  const [name] = call.args;
  return typeof name === 'string' ? unreadable(name) : wrong(call, 'the name of a layout');
}

/** _rebuild_sparse_tensor(layout, (indices, values, sizes)): a tensor that has a name, and is not read. */
function sparseTensor(call: Call): PickleValue {
  const [type, parts] = call.args;
  const [, values, size] = itemsOf(parts) ?? [];
  const sizes = counts(size);
  if (!isObject(type) || type.kind !== 'dtype' || !isObject(values) || values.kind !== 'tensor' || sizes === undefined)
    return wrong(call, '(layout, (indices, values, sizes))');
  return { ...values, type: unreadable(type.name), sizes, strides: sizes.map(() => 0), byte: call.byte };
}

/** The data of a parameter; whether it is trained does not matter. */
function parameter(call: Call): PickleValue {
  const [data] = call.args;
  return isObject(data) && (data.kind === 'tensor' || data.kind === 'bag') ? data : wrong(call, 'a tensor');
}

/** _rebuild_from_type_v2(function, class, arguments, state): a tensor with attributes, which are left out. */
function tensorWithState(call: Call): PickleValue {
  const [maker, , args] = call.args;
  const items = itemsOf(args);
  if (!isObject(maker) || maker.kind !== 'global' || !maker.name.startsWith('torch._utils._rebuild_') || items === undefined)
    return wrong(call, 'a function of torch._utils and its arguments');
  return make({ ...call, name: maker.name, args: items });
}

function dtype(call: Call): PickleValue {
  const [code] = call.args;
  if (typeof code !== 'string') return wrong(call, 'the name of a type');
  const text = code.replace(/^[<>=|]/, '');
  const name = `numpy.dtype("${text.slice(0, 20)}")`;
  return { kind: 'dtype', name, element: NUMPY_TYPES.get(text) ?? null, littleEndian: !code.startsWith('>') };
}

/** A number of numpy, such as an accuracy; NaN for one that is no number. */
function scalar(call: Call): PickleValue {
  const [type, data] = call.args;
  if (!isObject(type) || type.kind !== 'dtype') return wrong(call, '(dtype, bytes)');
  if (type.element === null || !(data instanceof Uint8Array)) return Number.NaN;
  return decodeElements(data, type.element, type.littleEndian)[0] ?? Number.NaN;
}

/** numpy.core.numeric._frombuffer(bytes, dtype, shape, order), as protocol 5 has arrays. */
function arrayOfBuffer(call: Call): PickleValue {
  const [bytes, type, shape, order] = call.args;
  const sizes = counts(shape);
  if (!(bytes instanceof Uint8Array) || !isObject(type) || type.kind !== 'dtype' || sizes === undefined)
    return wrong(call, '(bytes, dtype, shape, order)');
  return { kind: 'array', type, sizes, columnMajor: order === 'F', bytes, byte: call.byte };
}

function bytesOfText(call: Call): PickleValue {
  const [text, encoding] = call.args;
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1' && encoding !== undefined))
    return wrong(call, 'a text and "latin1"');
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function bag(call: Call): PickleValue {
  return { kind: 'bag', type: call.name };
}

/** copyreg._reconstructor(class, object, None): an instance without its state. */
function instance(call: Call): PickleValue {
  const [type] = call.args;
  return isObject(type) && type.kind === 'global' ? make({ ...call, name: type.name, args: [] }) : wrong(call, 'a class');
}

const list: Maker = (call) => ({ kind: 'list', items: [...(itemsOf(call.args[0]) ?? [])] });
const emptyArray: Maker = ({ byte }) => ({
  kind: 'array',
  type: null,
  sizes: [],
  columnMajor: false,
  bytes: new Uint8Array(0),
  byte,
});

const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['collections.OrderedDict', (call) => dict(call, call.args[0])],
  ['collections.Counter', (call) => dict(call, call.args[0])],
  ['collections.defaultdict', (call) => dict(call, call.args[1])],
  ...['builtins', '__builtin__'].flatMap((module): readonly (readonly [string, Maker])[] => [
    [`${module}.dict`, (call) => dict(call, call.args[0])],
    [`${module}.list`, list],
    [`${module}.set`, list],
    [`${module}.frozenset`, list],
    [`${module}.bytearray`, (call) => (call.args[0] instanceof Uint8Array ? call.args[0] : bytesOfText(call))],
    [`${module}.bytes`, (call) => (call.args.length === 0 ? new Uint8Array(0) : wrong(call, 'no arguments'))],
    [`${module}.object`, bag],
    [`${module}.int`, () => 0],
    [`${module}.float`, () => 0],
  ]),
  ['_codecs.encode', bytesOfText],
  ['copyreg._reconstructor', instance],
  ['copy_reg._reconstructor', instance],
  ['argparse.Namespace', bag],
  ['types.SimpleNamespace', bag],
  ['torch.Size', (call) => tuple(...(itemsOf(call.args[0]) ?? wrong(call, 'a tuple')))],
  ['torch.device', (call) => (typeof call.args[0] === 'string' ? call.args[0] : wrong(call, 'the name of a device'))],
  ['torch._utils._rebuild_tensor', (call) => tensor(call)],
  ['torch._utils._rebuild_tensor_v2', (call) => tensor(call)],
  ['torch._utils._rebuild_tensor_v3', tensorOfType],
  ['torch._utils._rebuild_qtensor', quantizedTensor],
  ['torch._utils._rebuild_sparse_tensor', sparseTensor],
  ['torch.serialization._get_layout', layout],
  ...['per_tensor_affine', 'per_channel_affine', 'per_channel_affine_float_qparams'].map((scheme) => [`torch.${scheme}`, bag] as const),
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch._tensor._rebuild_from_type_v2', tensorWithState],
  ['torch.Tensor', (call) => wrong(call, 'no arguments in a state_dict')],
  ['torch.nn.parameter.Parameter', parameter],
  ['numpy.dtype', dtype],
  ['numpy.ndarray', (call) => wrong(call, 'no arguments')],
  ...['numpy.core', 'numpy._core'].flatMap((module): readonly (readonly [string, Maker])[] => [
    [`${module}.multiarray._reconstruct`, emptyArray],
    [`${module}.multiarray.scalar`, scalar],
    [`${module}.numeric._frombuffer`, arrayOfBuffer],
  ]),
]);

/** `torch.float32`, `torch.FloatStorage`, `torch.storage.UntypedStorage`, `torch.cuda.FloatStorage`: named, never called. */
export function typeNamed(module: string, name: string): PickleDType | undefined {
  if (module === 'torch') {
    const element = TORCH_DTYPES.get(name);
    if (element !== undefined) return { kind: 'dtype', name: `torch.${name}`, element, littleEndian: true };
  }
  if (module !== 'torch' && module !== 'torch.storage' && module !== 'torch.cuda') return undefined;
  const element = STORAGE_TYPES.get(name);
  return element === undefined ? undefined : { kind: 'dtype', name: `${module}.${name}`, element, littleEndian: true };
}

export function isAllowed(name: string): boolean {
  return MAKERS.has(name);
}

/** What an allowed class or function makes of its arguments; of one that is not allowed, an instance without anything in it. */
export function make(call: Call): PickleValue {
  return (MAKERS.get(call.name) ?? bag)(call);
}

/** Gives an object the state that __setstate__ would get. Only arrays and types of numpy have one that matters. */
export function build(target: PickleValue, state: PickleValue, fail: (message: string) => never): void {
  if (!isObject(target)) return fail(`the state of ${describeValue(target)} is set, which has none`);
  if (target.kind === 'dtype') {
    target.littleEndian = itemsOf(state)?.[1] !== '>';
  } else if (target.kind === 'array') {
    const [, shape, type, columnMajor, data] = itemsOf(state) ?? [];
    const sizes = counts(shape);
    if (sizes === undefined || !isObject(type) || type.kind !== 'dtype')
      return fail('the state of a numpy.ndarray is not what numpy writes');
    target.type = type;
    target.sizes = sizes;
    target.columnMajor = columnMajor === true;
    target.bytes = data instanceof Uint8Array ? data : Uint8Array.from(typeof data === 'string' ? data : '', (char) => char.charCodeAt(0));
  }
}
