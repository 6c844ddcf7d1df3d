/** The text form of a graph: one line a node, as `--dump-after` shows it and pass tests compare it. */
import { sha256 } from '../support/hash.ts';
import { printRational, type Rational } from '../support/rational.ts';
import { isPlain } from './encoding.ts';
import { opOf } from './op.ts';
import type { Encoding, Graph, TensorType } from './types.ts';

/** Up to 4 numbers in full, more as `<length>#<digest>`. */
function printList(list: readonly Rational[]): string {
  const text = list.map(printRational).join(',');
  return list.length <= 4 ? text : `${list.length}#${sha256(new TextEncoder().encode(text)).slice(0, 8)}`;
}

/** `1/255·q`, `2/255·q-1`; one number for all channels, or a list. */
function printEncoding({ scale, offset }: Encoding): string {
  const linear = `${printList(scale)}·q`;
  if (offset.every((o) => o.numerator === 0n)) return linear;
  const constants = printList(offset);
  return constants.startsWith('-') ? `${linear}${constants}` : `${linear}+${constants}`;
}

export function printType({ dtype, shape, encoding }: TensorType): string {
  const worth = encoding === undefined || isPlain(encoding) ? '' : `{${printEncoding(encoding)}}`;
  return `${dtype}${worth}[${shape.join(',')}]`;
}

export function printGraph(graph: Graph): string {
  const typeOf = (id: string): string => {
    const value = [...graph.values.values()].find((v) => v.id === id);
    return value ? printType(value.type) : '?';
  };
  const lines = graph.nodes.map(
    (node) =>
      `%${node.output}: ${typeOf(node.output)} = ${[node.kind, ...opOf(node.kind).print(node.attrs)].join(' ')} (${node.inputs.map((i) => `%${i}`).join(', ')})`,
  );
  return [`graph ${graph.name}(%${graph.input}: ${typeOf(graph.input)})`, ...lines, `return %${graph.output}`].join('\n') + '\n';
}
