/** The public API: what the command line does, as functions. */
export { compileModel, headerOf, lowerModel, meanModel, moduleOf, planEvaluator, DUMP_POINTS } from './driver/compile.ts';
export type { CompileOptions, Compiled, Lowered, Meant, ModelSource, Observers } from './driver/compile.ts';
export { jsonOf } from './driver/emitters.ts';
export { NO_INPUT_WORDS } from './driver/options.ts';
export { verifyModel } from './driver/verify-model.ts';
export type { VerifyReport, VerifyRequest } from './driver/verify-model.ts';
export { benchModel } from './driver/bench.ts';
export type { BenchOutcome, BenchRequest } from './driver/bench.ts';
export { listTargets, loadTarget } from './targets/load.ts';
export type { Target } from './targets/target.ts';
export { UserError } from './support/diagnostics.ts';
export type { Diagnostic, Origin } from './support/diagnostics.ts';
export { CODES } from './support/codes.ts';
