/** Attributes of MXNet's operators, which are texts: "(5, 5)", "True", "2e-05". */
import { refuseUse } from '../refuse-use.ts';
import type { SymbolNode } from './symbol.ts';

/** Refuses a use of a supported operator (BNN1008). `message` completes "NAME (Op) …". */
export function refuse(node: SymbolNode, message: string, help?: string): never {
  return refuseUse({ ...node, shown: node.op }, message, help);
}

export function numberAttribute(node: SymbolNode, name: string, fallback: number): number {
  const text = node.attributes.get(name);
  if (text === undefined || text === 'None') return fallback;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : refuse(node, `has ${name} "${text}", which is no number`);
}

export function wholeAttribute(node: SymbolNode, name: string, fallback: number): number {
  const value = numberAttribute(node, name, fallback);
  return Number.isSafeInteger(value) ? value : refuse(node, `has ${name} "${value}", which is no whole number`);
}

export function truthAttribute(node: SymbolNode, name: string, fallback: boolean): boolean {
  const text = node.attributes.get(name);
  if (text === undefined) return fallback;
  if (/^(?:true|1)$/i.test(text)) return true;
  return /^(?:false|0)$/i.test(text) ? false : refuse(node, `has ${name} "${text}", which is neither True nor False`);
}

/** A tuple of whole numbers, `(5, 5)` or `[5, 5]`, None included; undefined where it is absent. */
export function tupleAttribute(node: SymbolNode, name: string): readonly number[] | undefined {
  const text = node.attributes.get(name);
  if (text === undefined || text === 'None' || /^[([]\s*[)\]]$/.test(text)) return undefined;
  const entries = text
    .replace(/^\s*[([]|[)\]]\s*$/g, '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const values = entries.map((entry) => (/^-?\d+L?$/.test(entry) ? Number.parseInt(entry, 10) : Number.NaN));
  if (values.length > 0 && values.length <= 16 && values.every(Number.isSafeInteger)) return values;
  return refuse(node, `has ${name} "${text}", which is no tuple of whole numbers`);
}

/** One of `choices`, the first of which is the operator's default. */
export function choiceAttribute<T extends string>(node: SymbolNode, name: string, choices: readonly [T, ...T[]]): T {
  const text = node.attributes.get(name);
  if (text === undefined || text === 'None') return choices[0];
  return choices.find((choice) => choice === text) ?? refuse(node, `has ${name} "${text}"; ${choices.join(', ')} can be compiled`);
}
