/** Problems of single fields: their path, their line, the value seen and the one wanted. */
import type { z } from 'zod';
import type { Code } from '../../support/codes.ts';
import type { Diagnostics, Origin } from '../../support/diagnostics.ts';
import { nearest } from '../../support/nearest.ts';
import type { JsonText, Path } from './syntax.ts';

/** `nodes[3].weights.shape[0]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`), '');
}

/** A value as it is shown in a message: short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Object.is(value, -0)) return '-0';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

export interface FieldProblem {
  /** Completes "FIELD …". */
  readonly what: string;
  readonly seen?: unknown;
  readonly wanted?: string;
  readonly help?: string;
  readonly code?: Code;
}

/** Enough to repair a file; a program that writes wrong files repeats itself. */
const MOST_SHOWN = 20;

/** Collects the problems of one document. */
export class Problems {
  readonly file: string;
  readonly #text: JsonText;
  readonly #diagnostics: Diagnostics;
  #count = 0;

  constructor(file: string, text: JsonText, diagnostics: Diagnostics) {
    this.file = file;
    this.#text = text;
    this.#diagnostics = diagnostics;
  }

  get count(): number {
    return this.#count;
  }

  origin(path: Path): Origin {
    return { file: this.file, path: pathText(path), position: this.#text.locate(path) };
  }

  add(path: Path, { what, seen, wanted, help, code = 'BNN1021' }: FieldProblem): void {
    this.#count += 1;
    if (this.#count > MOST_SHOWN) return;
    this.#diagnostics.error({
      code,
      message: `${path.length === 0 ? 'the model' : pathText(path)} ${what}`,
      origin: this.origin(path),
      details: [...(seen === undefined ? [] : [`seen    ${shown(seen)}`]), ...(wanted === undefined ? [] : [`wanted  ${wanted}`])],
      ...(help === undefined ? {} : { help }),
    });
  }

  /** Everything that zod found wrong with `value`, which stands at `path`. */
  addIssues(path: Path, value: unknown, issues: readonly z.core.$ZodIssue[], schema: z.ZodType): void {
    for (const issue of issues) this.#addIssue(path, value, issue, schema);
  }

  /** Ends the stage. @throws UserError when something was added */
  stop(): void {
    if (this.#count > MOST_SHOWN)
      this.#diagnostics.error({ code: 'BNN1021', message: `"${this.file}" has ${this.#count - MOST_SHOWN} more problems of this kind` });
    this.#diagnostics.stopOnErrors();
  }

  #addIssue(base: Path, value: unknown, issue: z.core.$ZodIssue, schema: z.ZodType): void {
    const inner = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const path = [...base, ...inner];
    const seen = valueAt(value, inner);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const near = nearest(key, keysAt(schema, inner));
        this.add([...path, key], {
          what: 'is no field that is known here',
          wanted: keysAt(schema, inner).join(', ') || 'no such key',
          ...(near === undefined ? {} : { help: `Did you mean "${near}"?` }),
        });
      }
      return;
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((issues) => issues.some((i) => i.path.length > 0 || i.code !== 'invalid_type'));
      const description = schemaAt(schema, inner)?.description;
      if (seen !== undefined && branch !== undefined && typeof seen === 'object') {
        this.addIssues(path, seen, branch, schemaAt(schema, inner) ?? schema);
        return;
      }
      this.add(path, missingOr(seen, description));
      return;
    }
    this.add(path, missingOr(seen, wantedBy(issue, schemaAt(schema, inner)?.description)));
  }
}

function missingOr(seen: unknown, wanted: string | undefined): FieldProblem {
  const rest = wanted === undefined ? {} : { wanted };
  return seen === undefined ? { what: 'is missing', ...rest } : { what: 'has a value that cannot be used', seen, ...rest };
}

function wantedBy(issue: z.core.$ZodIssue, description: string | undefined): string | undefined {
  if (description !== undefined) return description;
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.map((v) => shown(v)).join(' or ');
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );
}

/** What a schema says about a field, through optional ones. */
function schemaAt(schema: unknown, path: Path): z.ZodType | undefined {
  const definition = (schema as z.core.$ZodType | undefined)?._zod.def as SchemaDefinition | undefined;
  if (definition === undefined) return undefined;
  if (definition.type === 'optional') return schemaAt(definition.innerType, path);
  const [key, ...rest] = path;
  if (key === undefined) return schema as z.ZodType;
  if (definition.type === 'union')
    return (definition.options ?? []).map((option) => schemaAt(option, path)).find((found) => found !== undefined);
  if (definition.type === 'object') return schemaAt(definition.shape?.[key], rest);
  if (definition.type === 'array') return schemaAt(definition.element, rest);
  return undefined;
}

/** The parts of zod's schemas that are looked at. */
interface SchemaDefinition {
  readonly type: string;
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly shape?: Readonly<Record<string, unknown>>;
}

function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  const found = schemaAt(schema, path);
  const definition = found?._zod.def as SchemaDefinition | undefined;
  if (definition?.type === 'object') return Object.keys(definition.shape ?? {});
  const objects = (definition?.options ?? []).map((option) => (option as z.ZodType)._zod.def as SchemaDefinition);
  return objects.flatMap(({ shape }) => Object.keys(shape ?? {}));
}
