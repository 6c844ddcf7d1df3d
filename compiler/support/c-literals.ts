/** Numbers as C text, where the planner already needs them. */

/**
 * C literal of a float32: nine significant digits name it uniquely.
 * @throws RangeError for NaN and infinities, which C99 cannot write down
 */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no C literal`);
  if (Object.is(value, -0)) return '-0.0f';
  const digits = Number(value.toPrecision(9)).toString();
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
}
