/** Prints a Plan as a C header. Everything that is decided stands in the Plan; this file only lays out text. */
import type { Call, GeneratedFunction, Plan, ScaleText, Step } from '../plan/plan.ts';
import { columns, comment } from './comment.ts';
import { tableRows } from './literals.ts';
import { render } from './render.ts';
import { blocksFor } from './runtime.ts';

export interface HeaderOptions {
  /** `static`: everything static inline. `extern`: declarations, and definitions where <NAME>_IMPLEMENTATION is defined. */
  readonly linkage: 'static' | 'extern';
  /** `inline`: carries the runtime functions it uses. `external`: includes bnn.h. */
  readonly runtime: 'inline' | 'external';
  /** Between the parts of an inference marks for whoever counts instructions; see `markedParts`. Not for users. Default: none. */
  readonly marked?: boolean;
  /** Behind each step hands the value that it stores to `observe_value`, which the program defines. Not for users. Default: no. */
  readonly observed?: boolean;
}

const PARTIALS = {
  banner: 'partials/banner',
  interface: 'partials/interface',
  tables: 'partials/tables',
  elements: 'partials/elements',
  steps: 'partials/steps',
} as const;

/** The text of the header. Same plan and options, same bytes. */
export function emitHeader(plan: Plan, options: HeaderOptions): string {
  const text = render('model.h', headerView(plan, options), PARTIALS);
  return text.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n');
}

function headerView(plan: Plan, { linkage, runtime, marked = false, observed = false }: HeaderOptions): object {
  const { names, input, output } = plan;
  const inline = runtime === 'inline';
  return {
    ...names,
    banner: bannerView(plan),
    abi: plan.provenance.abi,
    inline,
    blocks: inline ? blocksFor([...plan.symbols.filter((s) => !isGenerated(plan, s)), ...generatedUses(plan)]).map(({ text }) => text) : [],
    generated: plan.generated.map(generatedText),
    floats: output.ctype === 'float' || plan.steps.some((step) => step.kind === 'elements' && step.function.isFloat),
    interface: interfaceView(plan),
    tables: plan.tables.map((table) => ({
      symbol: table.symbol,
      ctype: table.ctype,
      doc: comment(table.doc),
      length: table.values.length,
      rows: tableRows(table),
    })),
    tableSum: plan.tables.map(({ symbol }) => `sizeof(${symbol})`).join(' + '),
    hasTables: plan.tables.length > 0,
    external: linkage === 'extern',
    qualifier: linkage === 'extern' ? '' : 'static inline ',
    predict: plan.predict,
    argmax: output.ctype === 'float' ? 'bnn1_argmax_f32' : 'bnn1_argmax_i32',
    outputLength: output.length,
    outputType: output.ctype,
    pack: input.words !== null,
    inputLength: input.length,
    inputWords: input.words ?? 0,
    marked,
    steps: plan.steps.map((step, index) => ({ ...stepView(step), marked, stored: observed ? storedView(plan, index) : [] })),
    elements: plan.steps.flatMap((step) => (step.kind === 'elements' ? [elementsView(step)] : [])),
    usesWorkspace: plan.slots.length > 0,
  };
}

/** A part of an inference between two marks of a marked header. */
export interface MarkedPart {
  /** What it computes, in words. */
  readonly title: string;
  /** Its index in the plan's layers; null for what belongs to none. */
  readonly layer: number | null;
}

/** The parts of an inference in the order in which they run; a pooled step has two for each row of its output. */
export function markedParts({ steps }: Plan): readonly MarkedPart[] {
  const parts = steps.flatMap((step): readonly MarkedPart[] => {
    const { comment: title, layers } = step;
    const [layer = null, pool = null] = layers;
    if (step.kind !== 'pooled') return [{ title, layer }];
    const rows = Array.from({ length: step.outRows }, (): readonly MarkedPart[] => [
      { title, layer },
      { title, layer: pool },
    ]);
    return [...rows.flat(), { title, layer }];
  });
  return [{ title: CALL_AND_RETURN, layer: null }, ...parts, { title: CALL_AND_RETURN, layer: null }];
}

const CALL_AND_RETURN = 'call and return';

/** A generated function may bring others whose names begin with its own. */
function isGenerated(plan: Plan, symbol: string): boolean {
  return plan.generated.some((fn) => fn.symbol === symbol || symbol.startsWith(`${fn.symbol}_`));
}

function generatedText({ template, symbol, view }: GeneratedFunction): string {
  return render(`kernels/${template}`, { ...view, symbol, guard: symbol.toUpperCase() }).trimEnd();
}

/** Runtime functions that generated code calls. */
function generatedUses(plan: Plan): readonly string[] {
  const texts = plan.generated
    .map(generatedText)
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '');
  const names = [...texts.matchAll(/\bbnn1_\w+/g)].map(([name]) => name);
  return [...new Set(names)].filter((name) => !isGenerated(plan, name));
}

function bannerView(plan: Plan): object {
  const { provenance, layers } = plan;
  const rows = [
    ['layer', 'op', 'input', 'output', 'kernel', 'flash'],
    ...layers.map((l) => [l.name, l.op, l.input, l.output, l.kernel, `${l.tableBytes} B`]),
  ];
  return {
    version: provenance.version,
    model: comment(provenance.modelFile),
    sha256: provenance.sha256,
    command: comment(provenance.command),
    layers: columns(rows).map(comment),
    tableBytes: plan.tableBytes,
    workspaceBytes: plan.workspaceWords * 4,
    lowerBoundBytes: Math.max(1, plan.workspaceLowerBoundWords) * 4,
    notes: plan.notes.map(comment),
  };
}

function scaleMacro(list: readonly ScaleText[]): string {
  const literals = list.map(({ literal }) => literal);
  return literals.length === 1 ? (literals[0] ?? '1.0f') : `{ ${literals.join(', ')} }`;
}

function interfaceView({ names, input, output, workspaceWords, tableBytes, classes, predict }: Plan): object {
  const size = (image: readonly [number, number, number] | null): object => ({
    isImage: image !== null,
    height: image?.[0] ?? 0,
    width: image?.[1] ?? 0,
    channels: image?.[2] ?? 0,
  });
  return {
    ...names,
    inputLength: input.length,
    inputImage: size(input.image),
    inputWords: input.words ?? 0,
    isBits: input.words !== null,
    inputType: input.ctype,
    scale: scaleMacro(input.scale),
    offset: scaleMacro(input.offset),
    exactScale: input.scale.map(({ exact }) => exact).join(', '),
    exactOffset: input.offset.map(({ exact }) => exact).join(', '),
    outputLength: output.length,
    outputImage: size(output.image),
    outputType: output.ctype,
    workspaceBytes: workspaceWords * 4,
    workspaceWords,
    tableBytes,
    classes: (classes ?? []).map((name, index) => ({ name: comment(name), index })),
    hasClasses: classes !== null,
    predict,
  };
}

interface CallView {
  readonly hasShape: boolean;
  readonly shapeType: string;
  readonly fields: readonly { readonly value: string; readonly name: string; readonly separator: string }[];
  readonly text: string;
}

function callView({ symbol, shape, arguments: list }: Call): CallView {
  return {
    hasShape: shape !== null,
    shapeType: shape?.type ?? '',
    fields: (shape?.fields ?? []).map(([name, value], i, all) => ({ name, value: `${value}`, separator: i + 1 < all.length ? ',' : '' })),
    text: `${symbol}(${[...(shape === null ? [] : ['&shape']), ...list].join(', ')});`,
  };
}

function stepView(step: Step): object {
  const base = { isCall: false, isPooled: false, isElements: false, comment: comment(step.comment) };
  switch (step.kind) {
    case 'call':
      return { ...base, isCall: true, call: callView(step.call) };
    case 'pooled': {
      const { outRows, window, stride, kept, strip, stripRowWords, output, outputRowWords } = step;
      return {
        ...base,
        isPooled: true,
        outRows,
        window,
        stride,
        kept,
        hasKept: kept > 0,
        strip,
        keptWords: kept * stripRowWords,
        movedWords: (window - kept) * stripRowWords,
        output,
        outputRowWords,
        conv: callView(step.conv),
        pool: { ...callView(step.pool), shapeName: 'pool' },
        poolText: callView(step.pool).text.replace('&shape', '&pool_shape'),
      };
    }
    case 'elements':
      return { ...base, isElements: true, text: `${step.function.symbol}(${step.arguments.join(', ')});` };
  }
}

function storedView({ stored }: Plan, index: number): readonly object[] {
  return stored.filter(({ step }) => step === index).map(({ address, bytes }) => ({ address, bytes }));
}

function elementsView(step: Extract<Step, { kind: 'elements' }>): object {
  const { symbol, parameters, shape, isFloat, lines } = step.function;
  return {
    symbol,
    comment: comment(step.comment),
    parameters: parameters.map(({ type, name }) => `${type}${name}`).join(', '),
    call: callView({ symbol: '', shape, arguments: [] }),
    isFloat,
    lines,
  };
}
