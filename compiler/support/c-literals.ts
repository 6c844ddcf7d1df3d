/** Numbers as C text, where the planner already needs them. */

/**
 * C literal of a float32: nine significant digits name it uniquely.
 * @throws RangeError for NaN and infinities, which C99 cannot write down
 */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no C literal`);
  if (Object.is(value, -0)) return '-0.0f';
  const text = value.toPrecision(9);
  if (!text.includes('.') || text.includes('e')) return shortened(text);
  // What `shortened` does to such a text is to drop zeros at its end. There are millions of these.
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO_DIGIT && text.charCodeAt(end - 2) !== POINT) end -= 1;
  return `${text.slice(0, end)}f`;
}

/** C literal of a number modulo 2^32, eight hexadecimal digits. */
export function wordLiteral(value: number): string {
  return `UINT32_C(0x${(value >>> 0).toString(16).toUpperCase().padStart(8, '0')})`;
}

const ZERO_DIGIT = 0x30;
const POINT = 0x2e;

function shortened(text: string): string {
  const digits = Number(text).toString();
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
}
