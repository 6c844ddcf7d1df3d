/** Modules of nn: the tree that they form, and their fields. Fields without a meaning for inference are never looked at. */
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { refuseUse } from '../refuse-use.ts';
import type { NodeSource } from '../onnx/network.ts';
import { tensorElements, type Budget } from './tensor.ts';
import {
  describeValue,
  isCompound,
  isInstance,
  isTable,
  listOf,
  type Instance,
  type Table,
  type TensorObject,
  type Value,
} from './values.ts';

/** Containers in containers. */
const DEEPEST = 64;
const MOST_MODULES = 4096;
/** Sizes, paddings and strides of a window. */
const LARGEST = 2 ** 20;

export interface Module {
  readonly instance: Instance;
  readonly className: string;
  readonly fields: Table;
  readonly children: readonly Module[];
  readonly source: NodeSource;
}

/** Reads the tree of modules below one. Damage is collected; what cannot be followed is left out. */
export function moduleTree(root: Instance, file: string, path: string, diagnostics: Diagnostics): Module {
  let count = 0;
  const above = new Set<Instance>();
  const visit = (instance: Instance, steps: readonly number[]): Module => {
    const { className, at } = instance;
    const where = `${path}${steps.map((step) => `:get(${step})`).join('')}`;
    const origin: Origin = { file, path: `${where} (${className})`, position: { byte: at } };
    const [short = className] = className.split('.').slice(-1);
    const source = { name: [short, steps.join('.')].filter((part) => part !== '').join('_'), shown: className, origin };
    const damaged = (message: string): never => fail({ code: 'BNN1003', message: `${where} ${message}.`, origin });
    count += 1;
    if (count > MOST_MODULES) damaged(`is one of more than ${MOST_MODULES} modules`);
    if (steps.length > DEEPEST) damaged(`lies more than ${DEEPEST} containers deep`);
    if (above.has(instance)) damaged('contains itself');
    const { fields } = instance;
    if (!isTable(fields)) return damaged(`has ${describeValue(fields)} in place of its fields`);
    above.add(instance);
    const listed = fields.entries.get('modules');
    const children = (isTable(listed) ? listOf(listed) : []).flatMap((value, i) => {
      if (isInstance(value)) return [visit(value, [...steps, i + 1])];
      diagnostics.error({ code: 'BNN1003', message: `${where}:get(${i + 1}) is ${describeValue(value)}, not a module.`, origin });
      return [];
    });
    above.delete(instance);
    return { instance, className, fields, children, source };
  };
  return visit(root, []);
}

/** A module and all below it, in the order of nn's findModules. */
export function listModules(module: Module): readonly Module[] {
  return [module, ...module.children.flatMap(listModules)];
}

/** Refuses a use of a module that has a meaning otherwise (BNN1008); `message` completes "NAME (class) …". */
export function refuse({ source }: Module, message: string, help?: string): never {
  return refuseUse(source, message, help);
}

function field(module: Module, name: string): Value | undefined {
  const value = module.fields.entries.get(name);
  return value === null ? undefined : value;
}

function wrong(module: Module, name: string, value: Value, wanted: string): never {
  return refuse(module, `has ${describeValue(value)} as its ${name}; ${wanted} works`);
}

function missing({ source }: Module, name: string): never {
  return fail({ code: 'BNN1003', message: `"${source.name}" (${source.shown}) has no field ${name}.`, origin: source.origin });
}

export function hasField(module: Module, name: string): boolean {
  return field(module, name) !== undefined;
}

/** A finite number; `fallback` stands for one that older versions of the module lack, and without it the field must be there. */
export function numberField(module: Module, name: string, fallback?: number): number {
  const value = field(module, name) ?? fallback ?? missing(module, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : wrong(module, name, value, 'a number');
}

/** A whole number of at least `least`. */
export function wholeField(module: Module, name: string, least: number, fallback?: number): number {
  const value = field(module, name) ?? fallback ?? missing(module, name);
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= LARGEST;
  return fits ? value : wrong(module, name, value, `a whole number from ${least} to ${LARGEST}`);
}

export function truthField(module: Module, name: string, fallback: boolean): boolean {
  const value = field(module, name) ?? fallback;
  return typeof value === 'boolean' ? value : wrong(module, name, value, 'true or false');
}

export function textField(module: Module, name: string, fallback: string): string {
  const value = field(module, name) ?? fallback;
  return typeof value === 'string' ? value : wrong(module, name, value, 'text');
}

/** Whole numbers in a storage, as View and Reshape have them. */
export function sizesField(module: Module, name: string, budget: Budget): readonly number[] {
  const value = field(module, name) ?? missing(module, name);
  if (isCompound(value) && value.kind === 'tensor') return Array.from(tensorElements(value, budget, module.source.origin));
  if (!isCompound(value) || value.kind !== 'storage' || value.count > 16) return wrong(module, name, value, 'a list of at most 16 numbers');
  return Array.from(value.read(0, value.count));
}

/** A tensor; undefined where the field is missing or the tensor is empty. */
export function tensorField(module: Module, name: string): TensorObject | undefined {
  const value = field(module, name);
  if (value === undefined) return undefined;
  if (!isCompound(value) || value.kind !== 'tensor') return wrong(module, name, value, 'a tensor');
  return value.sizes.length === 0 || value.sizes.includes(0) ? undefined : value;
}

/** The elements of a tensor of `count` elements, whatever its dimensions; undefined where there is none. */
export function optionalFloats(module: Module, name: string, count: number, budget: Budget): Float32Array | undefined {
  const tensor = tensorField(module, name);
  if (tensor === undefined) return undefined;
  const stored = tensor.sizes.reduce((product, size) => product * size, 1);
  if (stored !== count) {
    return fail({
      code: 'BNN1009',
      message: `"${module.source.name}" (${module.source.shown}) has ${describeValue(tensor)} as its ${name}; ${count} elements are needed.`,
      origin: { ...module.source.origin, position: { byte: tensor.at } },
    });
  }
  const elements = tensorElements(tensor, budget, { ...module.source.origin, path: `${module.source.origin.path}.${name}` });
  return elements instanceof Float32Array ? elements : Float32Array.from(elements);
}

export function requiredFloats(module: Module, name: string, count: number, budget: Budget): Float32Array {
  return optionalFloats(module, name, count, budget) ?? missing(module, name);
}
