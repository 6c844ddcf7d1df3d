/** Numbers as C text, where the planner already needs them. */

/** C literal of a float32: nine significant digits name it uniquely. */
export function floatLiteral(value: number): string {
  const digits = Number(value.toPrecision(9)).toString();
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
}
