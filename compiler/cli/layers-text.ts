/** What the comparison of layers says, for a person. */
import type { LayerCheck, LayersReport, TargetLayers } from '../driver/layers.ts';
import type { LoweringCheck } from '../driver/lowering.ts';
import type { JunitCase } from '../report/junit.ts';
import { grouped, table } from '../report/text.ts';
import type { Diagnostic } from '../support/diagnostics.ts';

/** One line for each target on which all is equal; else its stored values up to the last that was reached. */
export function layersText({ targets, lowering }: LayersReport): string {
  const lowered = `lowered graph: ${lowering.compared} of the ${lowering.values} values of the reference are still there${lowering.difference === null ? ', all equal' : ''}\n`;
  return targets.map(targetText).join('') + lowered;
}

function targetText({ target, samples, layers }: TargetLayers): string {
  if (layers.every(({ different }) => different === 0))
    return `${target}: each of the ${layers.length} values that the program stores is equal in ${grouped(samples)} samples\n`;
  const rows = layers.map((l) => [l.layer, l.step, l.type, l.layout, String(l.equal), String(l.different)]);
  return `\n${target}, up to the first difference of each of ${grouped(samples)} samples:\n\n${table([['layer', 'computed in', 'value', 'stored as', 'equal', 'differ'], ...rows])}\n`;
}

/** `channel 3, y 2, x 5` */
export function positionText({
  channel,
  y,
  x,
}: {
  readonly channel: number;
  readonly y: number | null;
  readonly x: number | null;
}): string {
  return y === null || x === null ? `channel ${channel}` : `channel ${channel}, y ${y}, x ${x}`;
}

function differenceText({ difference: d }: LayerCheck): readonly string[] {
  if (d === null) return [];
  const real = d.expected === d.expectedReal && d.actual === d.actualReal ? '' : ` (worth ${d.actualReal}, wanted ${d.expectedReal})`;
  return [
    `sample ${d.sample}, ${positionText(d)}: ${d.actual}, wanted ${d.expected}${real}`,
    `${grouped(d.differing)} of its ${grouped(d.elements)} elements differ in this sample`,
  ];
}

function targetProblem({ target, samples, layers }: TargetLayers): readonly Diagnostic[] {
  const first = layers.findIndex(({ different }) => different > 0);
  const layer = layers[first];
  if (layer === undefined) return [];
  const before = layers.slice(0, first).map((l) => `"${l.layer}"`);
  const later = layers.slice(first + 1).filter(({ different }) => different > 0);
  return [
    {
      code: 'BNN4005',
      severity: 'error',
      message: `${target}: "${layer.layer}" is the first layer that differs from the interpreter, in ${layer.different} of ${samples} samples`,
      origin: layer.origin,
      details: [
        ...differenceText(layer),
        before.length === 0 ? 'it is the first value that the program stores' : `equal before it: ${before.join(', ')}`,
        ...later.map((l) => `in ${l.different} other samples "${l.layer}" is the first that differs`),
      ],
      help: 'This is a bug in bnnc or in the C compiler: please report it with the model and the sample.',
    },
  ];
}

function loweringProblem({ difference: d }: LoweringCheck): readonly Diagnostic[] {
  if (d === null) return [];
  return [
    {
      code: 'BNN4005',
      severity: 'error',
      message: `the passes of bnnc changed what "${d.layer}" means`,
      origin: d.origin,
      details: [
        `sample ${d.sample}, ${positionText(d)}: ${d.actual} in the lowered graph ("${d.lowered}"), ${d.expected} in the reference`,
      ],
      help: 'This is a bug in bnnc: please report it with the model and the sample. `bnnc compile --dump-after` prints the graph after each pass.',
    },
  ];
}

export function layerProblems({ targets, lowering }: LayersReport): readonly Diagnostic[] {
  return [...targets.flatMap(targetProblem), ...loweringProblem(lowering)];
}

/** Were layers compared on this target, and all equal? */
export function hasEqualLayers(report: LayersReport | null, name: string): boolean {
  const found = report?.targets.find(({ target }) => target === name);
  return found?.layers.every(({ different }) => different === 0) ?? false;
}

/** One case for each target, and one for the passes. */
export function layerCases({ targets, lowering }: LayersReport): readonly JunitCase[] {
  const failure = (problems: readonly Diagnostic[]): string | null => problems[0]?.message ?? null;
  return [
    ...targets.map((target) => ({ name: `${target.target}, layers`, failure: failure(targetProblem(target)) })),
    { name: 'passes, layers', failure: failure(loweringProblem(lowering)) },
  ];
}
