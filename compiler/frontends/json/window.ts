/** The padding of windows. */
import type { z } from 'zod';
import type { Padding } from '../../ir/attributes.ts';
import type { padding } from './form.ts';
import type { JsonValue } from './print.ts';

export function readPadding(json: z.infer<typeof padding> | undefined): Padding {
  if (json === undefined || typeof json === 'number') return { top: json ?? 0, left: json ?? 0, bottom: json ?? 0, right: json ?? 0 };
  if (!Array.isArray(json)) return { top: json.top ?? 0, left: json.left ?? 0, bottom: json.bottom ?? 0, right: json.right ?? 0 };
  const [top, left, bottom, right] = json;
  return { top, left, bottom, right };
}

export function writePadding({ top, left, bottom, right }: Padding): JsonValue | undefined {
  if (top === left && top === bottom && top === right) return top === 0 ? undefined : top;
  return [top, left, bottom, right];
}
