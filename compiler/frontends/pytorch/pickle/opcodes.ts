/** What each opcode of a pickle does to the machine. Names and meaning are those of CPython's Lib/pickletools.py. */
import { LITERALS, line, lineInteger } from './literals.ts';
import type { Machine } from './unpickle.ts';
import { describeValue, isObject, itemsOf, tuple, type PickleValue } from './value.ts';

type Opcode = (machine: Machine) => void;

function code(char: string): number {
  return char.charCodeAt(0);
}

function text(machine: Machine, value: PickleValue): string {
  return typeof value === 'string' ? value : machine.fail(`a class is named by ${describeValue(value)} and not by a text`);
}

function args(machine: Machine, value: PickleValue): readonly PickleValue[] {
  return itemsOf(value) ?? machine.fail(`a function is called with ${describeValue(value)} and not with a tuple`);
}

function put(machine: Machine, index: number): void {
  machine.memo.set(index, machine.top());
}

function get(machine: Machine, index: number): void {
  machine.push(machine.memo.get(index) ?? missing(machine, index));
}

function missing(machine: Machine, index: number): PickleValue {
  return machine.memo.has(index) ? null : machine.fail(`the pickle asks for memo ${index}, which it has not stored`);
}

/** Onto a list, or onto an object whose content does not matter. */
function append(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top();
  if (!isObject(target) || (target.kind !== 'list' && target.kind !== 'bag'))
    return machine.fail(`something is appended to ${describeValue(target)}`);
  if (target.kind === 'list') for (const item of items) target.items.push(item);
}

function pairs(machine: Machine, into: Map<PickleValue, PickleValue>, items: readonly PickleValue[]): void {
  if (items.length % 2 !== 0) machine.fail('a dictionary is given a key without a value');
  for (let i = 0; i + 1 < items.length; i += 2) into.set(items[i] as PickleValue, items[i + 1] as PickleValue);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top();
  if (!isObject(target) || (target.kind !== 'dict' && target.kind !== 'bag'))
    return machine.fail(`an entry is set in ${describeValue(target)}`);
  if (target.kind === 'dict') pairs(machine, target.entries, items);
}

function some(count: number): Opcode {
  return (machine) => {
    const items = Array.from({ length: count }, () => machine.pop()).reverse();
    machine.push(tuple(...items));
  };
}

function dict(machine: Machine, items: readonly PickleValue[]): void {
  const entries = new Map<PickleValue, PickleValue>();
  pairs(machine, entries, items);
  machine.push({ kind: 'dict', entries });
}

function refused(what: string): Opcode {
  return (machine) => machine.fail(`the pickle uses ${what}, which torch.save does not write`);
}

const CONTAINERS: readonly (readonly [number, Opcode])[] = [
  [code('('), (machine) => machine.mark()],
  [code('0'), (machine) => machine.drop()],
  [code('1'), (machine) => void machine.popToMark()],
  [code('2'), (machine) => machine.push(machine.top())],
  [code(']'), (machine) => machine.push({ kind: 'list', items: [] })],
  [code('l'), (machine) => machine.push({ kind: 'list', items: machine.popToMark() })],
  [code('a'), (machine) => append(machine, [machine.pop()])],
  [code('e'), (machine) => append(machine, machine.popToMark())],
  [code(')'), some(0)],
  [code('t'), (machine) => machine.push({ kind: 'tuple', items: machine.popToMark() })],
  [0x85, some(1)],
  [0x86, some(2)],
  [0x87, some(3)],
  [code('}'), (machine) => dict(machine, [])],
  [code('d'), (machine) => dict(machine, machine.popToMark())],
  [
    code('s'),
    (machine) => {
      const value = machine.pop();
      setItems(machine, [machine.pop(), value]);
    },
  ],
  [code('u'), (machine) => setItems(machine, machine.popToMark())],
  [0x8f, (machine) => machine.push({ kind: 'list', items: [] })],
  [0x90, (machine) => append(machine, machine.popToMark())],
  [0x91, (machine) => machine.push({ kind: 'list', items: machine.popToMark() })],
];

const MEMO: readonly (readonly [number, Opcode])[] = [
  [code('p'), (machine) => put(machine, lineInteger(machine))],
  [code('q'), (machine) => put(machine, machine.reader.u8('a memo'))],
  [code('r'), (machine) => put(machine, machine.reader.u32('a memo'))],
  [0x94, (machine) => put(machine, machine.memo.size)],
  [code('g'), (machine) => get(machine, lineInteger(machine))],
  [code('h'), (machine) => get(machine, machine.reader.u8('a memo'))],
  [code('j'), (machine) => get(machine, machine.reader.u32('a memo'))],
];

const OBJECTS: readonly (readonly [number, Opcode])[] = [
  [code('c'), (machine) => machine.push(machine.global(line(machine), line(machine)))],
  [
    0x93,
    (machine) => {
      const name = text(machine, machine.pop());
      machine.push(machine.global(text(machine, machine.pop()), name));
    },
  ],
  [
    code('R'),
    (machine) => {
      const given = args(machine, machine.pop());
      machine.push(machine.call(machine.pop(), given));
    },
  ],
  [
    0x81,
    (machine) => {
      const given = args(machine, machine.pop());
      machine.push(machine.call(machine.pop(), given));
    },
  ],
  [
    0x92,
    (machine) => {
      machine.pop();
      const given = args(machine, machine.pop());
      machine.push(machine.call(machine.pop(), given));
    },
  ],
  [
    code('i'),
    (machine) => {
      const type = machine.global(line(machine), line(machine));
      machine.push(machine.call(type, machine.popToMark()));
    },
  ],
  [
    code('o'),
    (machine) => {
      const [type = null, ...given] = machine.popToMark();
      machine.push(machine.call(type, given));
    },
  ],
  [
    code('b'),
    (machine) => {
      const state = machine.pop();
      machine.build(machine.top(), state);
    },
  ],
  [code('P'), (machine) => machine.push(machine.persistent(line(machine)))],
  [code('Q'), (machine) => machine.push(machine.persistent(machine.pop()))],
];

const OTHERS: readonly (readonly [number, Opcode])[] = [
  [
    0x80,
    (machine) => {
      const protocol = machine.reader.u8('the protocol');
      if (protocol > 5) machine.fail(`the pickle has protocol ${protocol}, and there are 0 to 5`);
    },
  ],
  [0x95, (machine) => void machine.reader.u64('the length of a frame')],
  [0x82, refused('an extension code')],
  [0x83, refused('an extension code')],
  [0x84, refused('an extension code')],
  [0x97, refused('data outside of the pickle')],
  [0x98, refused('data outside of the pickle')],
];

export const OPCODES: ReadonlyMap<number, Opcode> = new Map([...LITERALS, ...CONTAINERS, ...MEMO, ...OBJECTS, ...OTHERS]);
