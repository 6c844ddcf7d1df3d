/** What a layer could have been computed by: the ways that are worth their price, and why not the others. */
import type { Candidate } from '../kernels/kernel.ts';
import { dominates, type Refusal } from '../kernels/select.ts';
import { best, type ChoiceContext, type Priced } from './choose.ts';
import type { Alternative, LayerRow } from './plan.ts';

/** Ways of which none is better than another in everything. */
export function paretoSet(priced: readonly Priced[]): readonly Priced[] {
  return priced.filter(({ bill }) => !priced.some((other) => dominates(other.bill, bill)));
}

/** Of each kernel its cheapest way. */
export function onePerKernel(priced: readonly Priced[], { goal }: Pick<ChoiceContext, 'goal'>): readonly Priced[] {
  const names = [...new Set(priced.map(({ candidate }) => candidate.kernel))];
  return names.flatMap((name) => {
    const ways = priced.filter(({ candidate }) => candidate.kernel === name);
    return best(ways, { goal, forced: null }) ?? [];
  });
}

export function alternativesOf(
  taken: Candidate,
  priced: readonly Priced[],
  refusals: readonly Refusal[],
): Pick<LayerRow, 'price' | 'alternatives'> {
  const own = priced.find(({ candidate }) => candidate.kernel === taken.kernel);
  const worthwhile = paretoSet(priced);
  const refused = (kernel: string, reason: string): Alternative => ({ kernel, reason, instructions: null, flash: null, ram: null });
  const others = priced
    .filter((each) => each !== own)
    .map((each): Alternative => {
      const { kernel } = each.candidate;
      if (worthwhile.includes(each)) return { kernel, reason: null, ...each.bill };
      const better = worthwhile.find((other) => dominates(other.bill, each.bill));
      return refused(kernel, `it costs more than ${better?.candidate.kernel ?? taken.kernel} and saves nothing`);
    });
  return {
    price: own === undefined ? null : own.bill,
    alternatives: [...others, ...refusals.map(({ kernel, reason }) => refused(kernel, reason))],
  };
}
