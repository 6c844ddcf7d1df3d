/**
 * The public API: what the command line does, as functions of values. Nothing here ends the process or prints; a problem with
 * the user's files is a UserError. docs/api.md shows how to use it.
 */
export { bench, compile, inspect, toJson, toTypescript, verify } from './driver/api.ts';
export type { BenchSettings, Compilation, Model, Settings, VerifySettings } from './driver/api.ts';
export type { BenchOutcome } from './driver/bench.ts';
export type { Certificate, CertifiedSign, UncertainChannel } from './driver/certificate.ts';
export type { Inspected } from './driver/inspect.ts';
export type { VerifyReport } from './driver/verify-model.ts';
export { readModel } from './cli/files.ts';
export { listTargets, loadTarget } from './targets/load.ts';
export type { Target } from './targets/target.ts';
export { UserError } from './support/diagnostics.ts';
export type { Diagnostic, Origin } from './support/diagnostics.ts';
export { CODES } from './support/codes.ts';
export { VERSION } from './support/version.ts';

// The stages one by one, for tools that look inside.
export { compileModel, headerOf, DUMP_POINTS } from './driver/compile.ts';
export type { CompileOptions, Compiled, ModelSource, Observers } from './driver/compile.ts';
export { NO_INPUT_WORDS } from './driver/options.ts';
export { verifyModel } from './driver/verify-model.ts';
export type { VerifyRequest } from './driver/verify-model.ts';
