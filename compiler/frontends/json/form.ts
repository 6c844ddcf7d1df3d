/** How one operation stands in a JSON model: its fields, and both ways between them and the attributes of the op. */
import { z } from 'zod';
import type { AttrsOf, OpKind } from '../../ir/ops/index.ts';
import type { TensorType } from '../../ir/types.ts';
import type { FieldReader } from './fields.ts';
import type { JsonValue } from './print.ts';
import { positive } from './values.ts';

/** Fields as they are written; undefined ones are left out. */
export type WrittenFields = Readonly<Record<string, JsonValue | undefined>>;

export interface OpForm<K extends OpKind = OpKind> {
  readonly schema: z.ZodObject;
  /** Attributes from fields that have passed the schema. `input` is the type of the first input. */
  readonly read: (json: unknown, fields: FieldReader, input: TensorType) => AttrsOf<K>;
  readonly write: (attrs: AttrsOf<K>) => WrittenFields;
}

const name = z.string().min(1).max(200);

/** What every node has. */
const common = {
  name: name.optional().meta({ description: 'a name of its own; operation and position by default' }),
  inputs: z
    .array(name)
    .min(1)
    .optional()
    .meta({ description: 'names of the nodes it reads, or of the input; the node before it by default' }),
  origin: z.string().optional().meta({ description: 'where it stood in the source file, for messages' }),
};

export interface NodeJson {
  readonly op: string;
  readonly name?: string | undefined;
  readonly inputs?: readonly string[] | undefined;
  readonly origin?: string | undefined;
}

/** The form of one op; `fields` are those that only it has. */
export function opForm<K extends OpKind, F extends z.ZodRawShape>(
  kind: K,
  doc: string,
  fields: F,
  read: (json: z.infer<z.ZodObject<F>>, reader: FieldReader, input: TensorType) => AttrsOf<K>,
  write: (attrs: AttrsOf<K>) => WrittenFields,
): OpForm<K> {
  const { name: nameField, inputs, origin } = common;
  return {
    schema: z.strictObject({ op: z.literal(kind), name: nameField, inputs, ...fields, origin }).meta({ id: kind, description: doc }),
    read: (json, reader, input) => read(json as z.infer<z.ZodObject<F>>, reader, input),
    write,
  };
}

export const natural = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** One number for both axes, or [vertical, horizontal]. */
export const pair = z
  .union([positive, z.tuple([positive, positive])])
  .meta({ description: 'a whole number of at least 1, or two: [vertical, horizontal]' });

export type PairJson = z.infer<typeof pair>;

export function readPair(json: PairJson | undefined, fallback: readonly [number, number]): readonly [number, number] {
  if (json === undefined) return fallback;
  return typeof json === 'number' ? [json, json] : json;
}

export function writePair([y, x]: readonly [number, number], fallback: readonly [number, number]): JsonValue | undefined {
  if (y === fallback[0] && x === fallback[1]) return undefined;
  return y === x ? y : [y, x];
}

export const padding = z
  .union([
    natural,
    z.tuple([natural, natural, natural, natural]),
    z.strictObject({ top: natural.optional(), left: natural.optional(), bottom: natural.optional(), right: natural.optional() }),
  ])
  .meta({ description: 'a whole number for all sides, [top, left, bottom, right], or an object with some of these names' });

/** How a sum is meant; what the input type makes of it is decided when the meaning of the network is fixed. */
export const sum = z
  .enum(['exact', 'sequential'])
  .optional()
  .meta({ description: '"exact" for an integer sum, "sequential" (the default) for float32; --input decides in the end' });
