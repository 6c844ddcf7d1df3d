/**
 * Python's pickles, protocols 0 to 5, as data. A pickle is a program for a stack machine (Lib/pickletools.py describes every opcode); this
 * one knows no modules, so it can call nothing: what a pickle names is looked up in a short list of makers of plain values.
 */
import { ByteReader, type Place } from '../../../support/byte-reader.ts';
import { LONGEST_PICKLE, MOST_OPCODES } from './limits.ts';
import { build, isAllowed, make, typeNamed } from './makers.ts';
import { OPCODES } from './opcodes.ts';
import { describeValue, isObject, type PickleDType, type PickleGlobal, type PickleValue } from './value.ts';

export interface Unpickled {
  readonly value: PickleValue;
  /** Byte behind the pickle. */
  readonly end: number;
  /** Classes and functions that it names and that are not on the list, with the byte where each is named first. */
  readonly refused: ReadonlyMap<string, number>;
}

/** What a persistent id stands for: torch names its storages so. */
export type Persistent = (id: PickleValue, byte: number, machine: Machine) => PickleValue;

export class Machine {
  readonly reader: ByteReader;
  readonly memo = new Map<number, PickleValue>();
  readonly refused = new Map<string, number>();
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #persistent: Persistent;
  /** Of the opcode that runs. */
  byte = 0;

  constructor(reader: ByteReader, persistent: Persistent) {
    this.reader = reader;
    this.#persistent = persistent;
  }

  run(): Unpickled {
    const start = this.reader.offset;
    for (let count = 0; ; count += 1) {
      this.byte = this.reader.offset;
      if (count >= MOST_OPCODES || this.byte - start > LONGEST_PICKLE)
        this.fail(`the pickle is longer than ${count >= MOST_OPCODES ? `${MOST_OPCODES} opcodes` : `${LONGEST_PICKLE} bytes`}`);
      const code = this.reader.u8('the next opcode of the pickle');
      if (code === 0x2e) return { value: this.pop(), end: this.reader.offset, refused: this.refused };
      const opcode = OPCODES.get(code) ?? this.fail(`0x${code.toString(16).padStart(2, '0')} is no opcode of a pickle`);
      opcode(this);
    }
  }

  /** @param message a sentence without its full stop */
  fail(message: string): never {
    return this.reader.fail(message, undefined, this.byte);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) this.fail('the pickle takes a value from its stack, which is empty');
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** All values above the last mark, which is taken away. */
  popToMark(): PickleValue[] {
    const from = this.#marks.pop() ?? this.fail('the pickle goes back to a mark that was not set');
    return this.#stack.splice(from);
  }

  /** POP, where the last thing on the stack may be a mark. */
  drop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  global(module: string, name: string): PickleDType | PickleGlobal {
    const type = typeNamed(module, name);
    if (type !== undefined) return type;
    const full = `${module}.${name}`;
    if (!isAllowed(full)) this.refuse(full);
    return { kind: 'global', name: full, byte: this.byte };
  }

  /** Notes a class that is not on the list, and goes on: with what it would make left empty. */
  refuse(name: string): void {
    if (!this.refused.has(name)) this.refused.set(name, this.byte);
  }

  call(callable: PickleValue, args: readonly PickleValue[]): PickleValue {
    if (isObject(callable) && callable.kind === 'bag') return callable;
    if (!isObject(callable) || callable.kind !== 'global') return this.fail(`${describeValue(callable)} is called, which is no function`);
    return make({ name: callable.name, args, byte: this.byte, fail: (message) => this.fail(message) });
  }

  build(target: PickleValue, state: PickleValue): void {
    build(target, state, (message) => this.fail(message));
  }

  persistent(id: PickleValue): PickleValue {
    return this.#persistent(id, this.byte, this);
  }
}

/**
 * @param start byte of the first opcode
 * @throws UserError BNN1003 for anything that Python's unpickler would not take either, and beyond the limits of limits.ts
 */
export function unpickle(bytes: Uint8Array, place: Place, persistent: Persistent, start = 0): Unpickled {
  return new Machine(new ByteReader(bytes, place, { start }), persistent).run();
}
