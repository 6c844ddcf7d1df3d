/**
 * A random model for each ONNX operator that the frontend reads, at a random operator set: what test/unit and test/run compare with
 * onnxruntime. Operators that onnxruntime lacks come with their definition.
 */
import type { Case } from './case.ts';
import { COMPARISONS } from './comparisons.ts';
import { LAYOUT } from './layout.ts';
import { LINEAR } from './linear.ts';
import { POINTWISE } from './pointwise.ts';
import { QUANTIZERS } from './quantizers.ts';
import { SHUFFLES } from './shuffles.ts';

/** Every operator on tensors that depend on the input. */
export const CASES: Readonly<Record<string, Case>> = { ...LINEAR, ...COMPARISONS, ...POINTWISE, ...LAYOUT, ...SHUFFLES, ...QUANTIZERS };
