/**
 * The whole compiler, in order. Each pass keeps the meaning of the graph; the runner verifies its form after each one.
 * A stage collects all its problems, then stops.
 */
import { checkAccumulators } from './check-accumulators.ts';
import { checkBinaryWeights } from './check-binary-weights.ts';
import { checkConstants } from './check-constants.ts';
import { checkIntegerInputs } from './check-integer-inputs.ts';
import { checkLowered } from './check-lowered.ts';
import { checkScores } from './check-scores.ts';
import { dropIdentity } from './drop-identity.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { foldConcat } from './fold-concat.ts';
import { foldElementwise } from './fold-elementwise.ts';
import { foldInvert } from './fold-invert.ts';
import { foldThreshold } from './fold-threshold.ts';
import { fuseThreshold } from './fuse-threshold.ts';
import { lowerBitThreshold } from './lower-bit-threshold.ts';
import { lowerMinimumPool } from './lower-minimum-pool.ts';
import { moveConcatAfterPool } from './move-concat-after-pool.ts';
import { movePoolToSums } from './move-pool-to-sums.ts';
import { moveSignToSums } from './move-sign-to-sums.ts';
import { moveSliceToSums } from './move-slice-to-sums.ts';
import type { Pass } from './pass.ts';

export const PIPELINE = {
  check: [checkConstants, checkBinaryWeights, checkIntegerInputs, checkAccumulators],
  fold: [foldBatchNorm, foldElementwise, dropIdentity, moveSliceToSums, movePoolToSums, foldElementwise],
  binarize: [moveSignToSums, foldElementwise, foldThreshold],
  fuse: [fuseThreshold, lowerBitThreshold, moveConcatAfterPool, foldConcat, lowerMinimumPool, foldInvert, dropIdentity],
  lower: [checkLowered, checkScores],
} as const satisfies Record<string, readonly Pass[]>;
