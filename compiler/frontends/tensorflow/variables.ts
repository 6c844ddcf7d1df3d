/** Values of variables, which a graph names and a checkpoint holds. */
import { fail } from '../../support/diagnostics.ts';
import { tensorHelp } from '../tensor-file.ts';
import { textOf, typeOf } from './attributes.ts';
import { PARTITIONED, type Checkpoint } from './bundle.ts';
import type { ConstantValue } from './constant.ts';
import type { GraphNode } from './graph.ts';
import { sizesOf } from './shape.ts';
import { elementOf } from './stored-types.ts';

const VARIABLES: ReadonlySet<string> = new Set(['Variable', 'VariableV2', 'VarHandleOp', 'AutoReloadVariable']);

export function isVariable({ op }: GraphNode): boolean {
  return VARIABLES.has(op);
}

/** What a partitioner adds to the name of a variable. */
const PART = /\/part_\d+$/;

/** Where values of variables come from, if from anywhere. */
export interface Values {
  readonly checkpoint: Checkpoint | null;
  /** Name of the index that was looked for. */
  readonly index: string;
}

/** @throws UserError BNN1009 where the checkpoint lacks the variable or has it in another shape */
export function valueOf(node: GraphNode, { checkpoint, index }: Values): ConstantValue {
  const refuse = (what: string, help?: string): never =>
    fail({
      code: 'BNN1009',
      message: `the variable "${node.name}" ${what}.`,
      origin: node.origin,
      ...(help === undefined ? {} : { help }),
    });
  if (checkpoint === null) {
    return refuse(
      'has no value: a graph names its variables, and a checkpoint holds them',
      `Copy the checkpoint, "${index}" and its data files, into the folder of the graph.`,
    );
  }
  const shared = textOf(node, 'shared_name', '');
  const names = [...new Set([node.name, ...(node.op === 'VarHandleOp' && shared !== '' ? [shared] : [])])];
  const stored = names.map((name) => checkpoint.tensors.get(name)).find((tensor) => tensor !== undefined);
  const whole = checkpoint.tensors.get(node.name.replace(PART, ''));
  if (stored === undefined && PART.test(node.name) && whole !== undefined)
    return refuse(`is a part of "${whole.name}", which "${checkpoint.file}" holds in slices`, PARTITIONED);
  if (stored === undefined) return refuse(`is not in "${checkpoint.file}"`, tensorHelp(checkpoint, node.name));
  const shape = node.attributes.get('shape')?.shape;
  const sizes = sizesOf(shape);
  const isKnown = shape !== undefined && !shape.unknownRank && sizes.every((size) => size >= 0);
  if (isKnown && sizes.join() !== stored.shape.join())
    return refuse(`has the shape [${sizes.join(', ')}], and in "${checkpoint.file}" it has [${stored.shape.join(', ')}]`);
  const element = elementOf(typeOf(node, 'dtype'));
  if (element !== undefined && element !== stored.element)
    return refuse(`has elements of type ${element}, and in "${checkpoint.file}" it has ${stored.element}`);
  return { element: stored.element, shape: stored.shape, data: stored.read() };
}
