/** The document as a whole, and the JSON Schema that is published. */
import { z } from 'zod';
import { exact } from './exact.ts';
import { FORMS } from './ops/index.ts';
import { positive, values } from './values.ts';

export const FORMAT = 'bnnc';
export const VERSION = 1;
const MOST_NODES = 2 ** 16;

const name = z.string().min(1).max(200);

const input = z
  .strictObject({
    name: name.optional(),
    type: z
      .enum(['u8', 'i8', 'b1', 'f32'])
      .meta({ description: 'element type: u8, i8, b1 (a sign, packed into words) or f32 (--input then chooses)' }),
    shape: z
      .union([positive, z.tuple([positive]), z.tuple([positive, positive, positive])])
      .meta({ description: 'a number of features, or [height, width, channels]; [channels, height, width] with layout channels-first' }),
    scale: exact.optional(),
    offset: exact.optional(),
    mean: exact.optional(),
    std: exact.optional(),
    data: z
      .strictObject({
        shape: z.array(positive).min(1).max(8),
        order: z.union([z.enum(['same', 'channels-first']), values]).optional(),
      })
      .optional()
      .meta({ description: 'how one sample lies in data files, where that is another order than [height, width, channels]' }),
  })
  .meta({
    id: 'input',
    description: 'the input: stored elements, and what they are worth: scale*stored + offset, or (stored/255 - mean)/std',
  });

const OPTIONS = [
  'name',
  'from',
  'input',
  'output',
  'input-scale',
  'input-offset',
  'mean',
  'std',
  'sign-zero',
  'topology',
  'input-shape',
] as const;

const source = z
  .strictObject({
    file: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    options: z.strictObject(Object.fromEntries(OPTIONS.map((option) => [option, z.string().optional()]))),
    digest: z.string(),
  })
  .meta({ id: 'source', description: 'the file that this one was written from by bnnc; digest tells whether it was changed since' });

const fields = {
  $schema: z.string().optional(),
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  name: name.optional().meta({ description: 'prefix of the C names; the file name by default' }),
  source: source.optional(),
  layout: z.enum(['channels-last', 'channels-first']).optional().meta({
    description:
      'how the document counts: channels-last (the default), or channels-first as PyTorch does: shape and data of the input, layout of conv2d, order of a reshape to a vector',
  }),
  input,
  output: name.optional().meta({ description: 'the node whose output is the output of the network; the last one by default' }),
  classes: z.array(z.string()).min(1).optional().meta({ description: 'names of the outputs' }),
  notes: z.array(z.string()).optional().meta({ description: 'sentences for the banner of the header' }),
};

/** Everything but the nodes, each of which is checked by the schema of its own operation. */
export const documentSchema = z.strictObject({
  ...fields,
  nodes: z.array(z.unknown()).min(1).max(MOST_NODES).meta({ description: 'a list of at least one node' }),
});

export type DocumentJson = z.infer<typeof documentSchema>;
export type InputJson = z.infer<typeof input>;

/** The schema as it is published in schema/. */
export function publishedSchema(): object {
  const [first, ...rest] = Object.values(FORMS).map(({ schema }) => schema);
  if (first === undefined) throw new Error('no operations');
  const nodes = z.array(z.union([first, ...rest])).min(1);
  const { $schema, ...schema } = z.toJSONSchema(z.strictObject({ ...fields, nodes }), { target: 'draft-2020-12', io: 'input' });
  return {
    $schema,
    $id: 'https://raw.githubusercontent.com/bnnc/bnnc/main/schema/bnnc-model-1.schema.json',
    title: 'bnnc model, version 1',
    ...schema,
  };
}
