/**
 * Reads the fields of one node. A problem is collected and a stand-in returned, so that all fields of a node are read;
 * the node is only built when there was none.
 */
import { elementCount } from '../../ir/encoding.ts';
import { isNpy, isNpz, openNpz, readNpy, type NumericArray } from '../../support/numpy.ts';
import { ONE, parseRational, type Rational } from '../../support/rational.ts';
import type { SideFiles } from '../frontend.ts';
import type { TensorFile } from '../tensor-file.ts';
import { CHANNELS_LAST, type Convention, type Layout } from './layout.ts';
import { noTensor } from './missing-tensors.ts';
import { shown, type FieldProblem, type Problems } from './problems.ts';
import type { Path } from './syntax.ts';
import { isProblem, transform } from './transforms.ts';
import { decode, flatten, numberOf, type ScalarJson, type StoredJson, type Values, type ValuesJson } from './values.ts';

/** Bytes of one file beside the model, and of one array in it. */
const MOST_BYTES = 2 ** 27;
const LONGEST_RATIONAL = 4096;

export type RationalJson = number | string;

const KINDS = ['values', 'bits', 'f32', 'i32', 'file', 'tensor'] as const;
const NOTHING: Values = { shape: null, data: [] };

/** Thrown inside this file where nothing more can be read of one field. */
class Stop extends Error {}

/** Where arrays may stand besides the document. */
export interface Beside {
  readonly side: SideFiles;
  /** The file of weights that the document describes; null for a model of its own. */
  readonly tensors: TensorFile | null;
  /** Collects the names of the tensors that are read. */
  readonly used?: Set<string>;
}

export class FieldReader {
  readonly #base: Path;
  readonly #problems: Problems;
  readonly #beside: Beside;
  readonly #convention: Convention;

  constructor(base: Path, problems: Problems, beside: Beside, convention: Convention = CHANNELS_LAST) {
    this.#base = base;
    this.#problems = problems;
    this.#beside = beside;
    this.#convention = convention;
  }

  get layout(): Layout {
    return this.#convention.layout;
  }

  /** Rows of features, each as long as the vector that the node reads, in the order of the vector. */
  ordered<T extends ArrayLike<number>>(data: T): T | Float64Array {
    const { order } = this.#convention;
    if (order === null || data.length % order.length !== 0) return data;
    const moved = new Float64Array(data.length);
    for (let i = 0; i < data.length; i += 1) {
      const column = i % order.length;
      moved[i - column + (order[column] ?? 0)] = data[i] ?? 0;
    }
    return moved;
  }

  problem(path: Path, problem: FieldProblem): void {
    this.#problems.add([...this.#base, ...path], problem);
  }

  /** All elements of an array in any form. */
  values(path: Path, json: ValuesJson): Values {
    const number = numberOf(json);
    if (number !== undefined) return { shape: [], data: [number] };
    try {
      return Array.isArray(json) ? this.#list(path, json) : this.#stored(path, json as StoredJson);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return NOTHING;
    }
  }

  /** float32 values, one or `count` of them; a single number stands for `count` where `spread` says so. */
  floats(path: Path, json: ValuesJson, count: number, spread: boolean): Float32Array {
    const floats = this.#rounded(path, this.#counted(path, json, [count]));
    return floats.length === 1 && spread ? new Float32Array(count).fill(floats[0] as number) : floats;
  }

  /** float32 values, one or one per channel of what the node reads. */
  perChannel(path: Path, json: ValuesJson, channels: number, spread: boolean): Float32Array {
    return toFloats(this.ordered(this.floats(path, json, channels, spread)));
  }

  /** float32 values, one, one per channel or one per element. */
  perElement(path: Path, json: ValuesJson, channels: number, elements: number): Float32Array {
    return this.#rounded(path, this.ordered(this.#counted(path, json, [...new Set([channels, elements])])));
  }

  #rounded(path: Path, data: ArrayLike<number>): Float32Array {
    const floats = toFloats(data);
    const beyond = floats.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(data[i]));
    if (beyond >= 0) this.problem(path, { what: `holds a number that float32 cannot`, seen: data[beyond] });
    return floats;
  }

  float(path: Path, json: ScalarJson): number {
    return this.floats(path, json, 1, false)[0] ?? 0;
  }

  /** Integers between `low` and `high`, both included, one or `count` of them. */
  integers(path: Path, json: ValuesJson, count: number, spread: boolean, low: number, high: number): Int32Array {
    const data = Array.from(this.#counted(path, json, [count]));
    const bad = data.find((value) => !Number.isInteger(value) || value < low || value > high);
    if (bad !== undefined) {
      this.problem(path, { what: 'holds a number that cannot stand there', seen: bad, wanted: `whole numbers from ${low} to ${high}` });
      return new Int32Array(0);
    }
    return data.length === 1 && spread ? new Int32Array(count).fill(data[0] as number) : Int32Array.from(data);
  }

  /** Exact numbers, one or `count` of them. */
  rationals(path: Path, json: RationalJson | readonly RationalJson[] | undefined, count: number, fallback: Rational): readonly Rational[] {
    if (json === undefined) return [fallback];
    const list = Array.isArray(json) ? (json as readonly RationalJson[]) : [json as RationalJson];
    if (list.length !== 1 && list.length !== count) this.#miscounted(path, list.length, [count]);
    return list.map((entry, i) => {
      const text = String(entry);
      const value = text.length <= LONGEST_RATIONAL ? parseRational(text) : undefined;
      if (value !== undefined) return value;
      this.problem(Array.isArray(json) ? [...path, i] : path, {
        what: 'is not an exact number',
        seen: entry,
        wanted: 'a decimal such as 0.1307 or a fraction such as "1/255"',
      });
      return ONE;
    });
  }

  /** One number, or as many as one of `counts` says. */
  #counted(path: Path, json: ValuesJson, counts: readonly number[]): ArrayLike<number> {
    const { shape, data } = this.values(path, json);
    if (shape === null || data.length === 1 || counts.includes(data.length)) return data;
    this.#miscounted(path, data.length, counts);
    return [];
  }

  #miscounted(path: Path, seen: number, counts: readonly number[]): void {
    const several = counts.filter((count) => count !== 1);
    this.problem(path, { what: 'has the wrong length', seen, wanted: ['1 value', ...several].join(' or ') });
  }

  #stop(path: Path, problem: FieldProblem): never {
    this.problem(path, problem);
    throw new Stop();
  }

  #list(path: Path, list: readonly unknown[]): Values {
    const flat = flatten(list);
    if (!('error' in flat)) return flat;
    const value = flat.path.reduce<unknown>((at, i) => (at as readonly unknown[])[i], list);
    return this.#stop([...path, ...flat.path], { what: flat.error, ...(Array.isArray(value) ? {} : { seen: value, wanted: 'a number' }) });
  }

  #stored(path: Path, json: StoredJson): Values {
    const given = KINDS.filter((kind) => json[kind] !== undefined);
    const [kind] = given;
    if (kind === undefined || given.length > 1) {
      return this.#stop(path, {
        what: kind === undefined ? 'does not say where its elements are' : `says ${given.length} times where its elements are`,
        seen: given,
        wanted: `one of ${KINDS.join(', ')}`,
      });
    }
    const found = this.#elements(path, kind, json);
    const result = transform({ shape: found.shape ?? [found.data.length], data: found.data }, json);
    if (!isProblem(result)) return result;
    const { key, ...problem } = result;
    return this.#stop([...path, key], problem);
  }

  #elements(path: Path, kind: (typeof KINDS)[number], json: StoredJson): Values {
    if (kind === 'values') return this.#list([...path, kind], json.values ?? []);
    if (kind === 'file') return this.#file(path, json.file ?? '', json.array);
    if (kind === 'tensor') return this.#tensor(path, json.tensor ?? '');
    const data = decode(kind, json[kind] ?? '', json.shape === undefined ? undefined : elementCount(json.shape));
    if (typeof data === 'object' && 'error' in data) return this.#stop([...path, kind], { what: data.error, code: 'BNN1009' });
    return { shape: [data.length], data };
  }

  #tensor(path: Path, name: string): Values {
    const { tensors } = this.#beside;
    const found = tensors?.tensors.get(name);
    if (found !== undefined) {
      this.#beside.used?.add(name);
      return { shape: found.shape, data: found.read() };
    }
    return this.#stop([...path, 'tensor'], noTensor(tensors, name));
  }

  #file(path: Path, name: string, array: string | undefined): Values {
    const refuse = (what: string, wanted: string, help?: string): never =>
      this.#stop([...path, 'file'], {
        what: `names "${name}", and ${what}`,
        wanted,
        code: 'BNN1009',
        ...(help === undefined ? {} : { help }),
      });
    if (/^([A-Za-z]:|[\\/])|\\/.test(name) || name.split('/').includes('..'))
      return refuse('that is outside the folder of the model', 'a file beside the model');
    if (this.#beside.side.read(name, MOST_BYTES, 0) !== undefined) return refuse('it is larger than 128 MiB', 'a smaller file');
    const bytes = this.#beside.side.read(name);
    if (bytes === undefined)
      return refuse('there is no such file beside the model', 'a .npy or .npz file', `Copy "${name}" into its folder.`);
    const content = isNpz(bytes) ? this.#unzip(bytes, array, refuse) : bytes;
    if (!isNpy(content)) return refuse('it is no numpy array', 'a file that numpy.save or numpy.savez wrote');
    const { shape, elements }: NumericArray = readNpy(content, (what, wanted) => refuse(what, wanted));
    return { shape, data: elements };
  }

  #unzip(bytes: Uint8Array, array: string | undefined, refuse: (what: string, wanted: string, help?: string) => never): Uint8Array {
    const isIt = (name: string): boolean => array !== undefined && (name === array || name === `${array}.npy`);
    const { names, arrays } = openNpz(bytes, MOST_BYTES, isIt, (what, wanted) => refuse(what, wanted));
    const arrayNames = names.map((name) => name.replace(/\.npy$/, '')).join(', ');
    const [content] = arrays.values();
    if (content !== undefined) return content;
    return array === undefined
      ? refuse('it holds several arrays', `"array" with one of ${arrayNames}`)
      : refuse(`the array "${array}" is not in it or larger than 128 MiB`, `one of ${shown(arrayNames)}`);
  }
}

export function toFloats(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
