/** A float32 as people write it: the shortest decimal that rounds to it, 0.37 and not 0.3700000047683716. */
export function floatText(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** An integer in full, or with its order of magnitude where a double no longer tells all its digits. */
export function integerText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : value.toExponential(1).replace('e+', 'e');
}
