import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import type { Node } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { floatText } from '../support/float-text.ts';
import type { Pass } from './pass.ts';

/** The float constants of a node, named as the user knows them. */
function constantsOf(node: Node): readonly (readonly [name: string, values: Float32Array])[] {
  switch (node.kind) {
    case 'batch-norm': {
      const { gamma, beta, mean, variance, inverseDeviation } = node.attrs;
      return [
        ['scale (γ)', gamma],
        ['B (β)', beta],
        ['mean', mean],
        variance === undefined ? ['inverse deviation', inverseDeviation] : ['variance', variance],
      ];
    }
    case 'elementwise':
      return node.attrs.steps.map((step) => [step.operator, step.values] as const);
    case 'conv2d':
    case 'dense': {
      const { weights, bias } = node.attrs;
      const values = weights.kind === 'binary' ? weights.scale : weights.values;
      return [['weights', values], ...(bias === null ? [] : [['bias', bias] as const])];
    }
    case 'compare':
      return [['compared with', node.attrs.values]];
    case 'select':
      return [['value', Float32Array.of(node.attrs.whenTrue, node.attrs.whenFalse)]];
    default:
      return [];
  }
}

/** The lower limit of a clip (a maximum) may be -∞ and the upper one (a minimum) +∞: they are then no limits. */
function isAllowed(name: string, value: number): boolean {
  return Number.isFinite(value) || (name === 'maximum' && value === -Infinity) || (name === 'minimum' && value === Infinity);
}

function checkNode(node: Node, diagnostics: Diagnostics): void {
  let finite = true;
  for (const [name, values] of constantsOf(node)) {
    const first = values.findIndex((value) => !isAllowed(name, value));
    if (first < 0) continue;
    const bad = values.filter((value) => !isAllowed(name, value));
    finite = false;
    diagnostics.error({
      code: 'BNN2003',
      message: `"${node.name}" has a constant that is not a finite number`,
      origin: node.origin,
      details: [`${name}[${first}] = ${values[first]}`],
      notes: [
        `${bad.length} of ${values.length} values of ${name} ${bad.length === 1 ? 'is' : 'are'} not finite; an exact threshold needs all of them to be.`,
      ],
      help: 'Re-export from a checkpoint of a run that converged.',
    });
  }
  if (node.kind !== 'batch-norm' || !finite) return;
  const { variance, epsilon, inverseDeviation } = node.attrs;
  const channel = (inverseDeviation ?? variance).findIndex((v) => !(v + (epsilon ?? 0) > 0));
  const spread = (c: number): readonly string[] =>
    variance === undefined
      ? [`inverse deviation[${c}] = ${floatText(inverseDeviation[c] as number)}`]
      : [`variance[${c}] = ${floatText(variance[c] as number)}`, `epsilon = ${floatText(epsilon)}`];
  if (channel >= 0) {
    diagnostics.error({
      code: 'BNN2003',
      message: `"${node.name}" ${variance === undefined ? 'has an inverse deviation' : 'divides by the square root of a number'} that is not positive`,
      origin: node.origin,
      details: spread(channel),
      help: 'Variance plus epsilon must be positive in every channel; check the running statistics of the export.',
    });
    return;
  }
  for (const { values } of batchNormSteps(node.attrs)) {
    const at = values.findIndex((v) => !Number.isFinite(v));
    if (at < 0) continue;
    diagnostics.error({
      code: 'BNN2003',
      message: `"${node.name}" overflows float32 in channel ${at}`,
      origin: node.origin,
      details: [`scale[${at}] = ${floatText(node.attrs.gamma[at] as number)}`, ...spread(at)],
      help: 'Check the running statistics of this channel.',
    });
    return;
  }
}

export const checkConstants: Pass = {
  name: 'check-constants',
  doc: 'Every float constant is finite and every variance plus epsilon positive; otherwise no threshold is exact.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) checkNode(node, diagnostics);
    return graph;
  },
};
