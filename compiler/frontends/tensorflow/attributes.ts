/** Attributes of nodes as plain values; absent ones have the operation's default. */
import { refuse, type GraphNode } from './graph.ts';

export function integerOf(node: GraphNode, name: string, fallback: number): number {
  const value = node.attributes.get(name);
  return value === undefined ? fallback : Number(value.i);
}

export function floatOf(node: GraphNode, name: string, fallback: number): number {
  return node.attributes.get(name)?.f ?? fallback;
}

export function flagOf(node: GraphNode, name: string, fallback = false): boolean {
  return node.attributes.get(name)?.b ?? fallback;
}

export function textOf(node: GraphNode, name: string, fallback: string): string {
  const value = node.attributes.get(name);
  return value === undefined ? fallback : new TextDecoder().decode(value.s);
}

/** Number of the element type; 0 where the attribute is absent. */
export function typeOf(node: GraphNode, name: string): number {
  return node.attributes.get(name)?.type ?? 0;
}

export function integersOf(node: GraphNode, name: string): readonly number[] {
  return (node.attributes.get(name)?.list?.i ?? []).map(Number);
}

/** Which dimension is which in an image of a node. */
export interface ImageAxes {
  readonly channelsLast: boolean;
  /** Of an attribute with a number for each dimension: those of rows and columns. Other numbers than 1 for batch and channels are refused. */
  readonly window: (name: string) => readonly [number, number];
}

export function imageAxes(node: GraphNode): ImageAxes {
  const format = textOf(node, 'data_format', 'NHWC');
  if (format !== 'NHWC' && format !== 'NCHW') return refuse(node, `has data_format ${format}; NHWC and NCHW work`);
  const channelsLast = format === 'NHWC';
  const window = (name: string): readonly [number, number] => {
    const listed = integersOf(node, name);
    if (listed.length === 0) return [1, 1];
    const [batch, channels, rows, columns] = channelsLast ? [0, 3, 1, 2].map((i) => listed[i]) : listed;
    if (listed.length !== 4 || batch !== 1 || channels !== 1 || rows === undefined || columns === undefined)
      return refuse(node, `has ${name} [${listed.join(', ')}]; four numbers, of batch and channels 1, work`);
    return [rows, columns];
  };
  return { channelsLast, window };
}
