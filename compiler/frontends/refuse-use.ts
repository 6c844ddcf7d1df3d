/** The sentence that every frontend refuses a use of a supported operator with. */
import { fail, type Origin } from '../support/diagnostics.ts';

/** A node, a layer, a module or a call, as the user's file has it. */
export interface Used {
  readonly name: string;
  /** What it is, in the words of its system. */
  readonly shown: string;
  readonly origin: Origin;
}

/** @param message completes `"NAME" (Operator) …` @throws UserError BNN1008 */
export function refuseUse({ name, shown, origin }: Used, message: string, help?: string): never {
  return fail({ code: 'BNN1008', message: `"${name}" (${shown}) ${message}.`, origin, ...(help === undefined ? {} : { help }) });
}
