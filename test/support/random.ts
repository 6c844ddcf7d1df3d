/** Reproducible random numbers: the same seed gives the same sequence on every machine. */

export interface Random {
  /** 0 <= value < 1. */
  readonly unit: () => number;
  /** An integer from low to high, both included. */
  readonly integer: (low: number, high: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
  readonly signs: (length: number) => Int8Array;
}

/** Marsaglia's 32-bit generator with Tommy Ettinger's mixing ("mulberry32"). */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    integer,
    pick: (list) => {
      const picked = list[integer(0, list.length - 1)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    chance: (probability) => unit() < probability,
    signs: (length) => Int8Array.from({ length }, () => (unit() < 0.5 ? -1 : 1)),
  };
}
