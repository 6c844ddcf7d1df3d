/** Small C programs around a header: the one that runs samples, and the two whose sizes are compared. */
import type { Plan } from '../plan/plan.ts';
import { render } from './render.ts';

/** Name of the header file that the programs include. */
export function headerFile({ names }: Plan): string {
  return `${names.prefix}.h`;
}

function inputCount({ input }: Plan): number {
  return input.words ?? input.length;
}

/** main() that reads samples from input.bin and writes outputs, and at the end 4 bytes of stack high-water, to output.bin. */
export function emitHarness(plan: Plan): string {
  return render('harness.c', loopView(plan));
}

/** main() that reads samples from input.bin, marks each inference for a counter, and writes outputs to output.bin. */
export function emitCountProgram(plan: Plan): string {
  return render('count.c', loopView(plan));
}

/** main() that reads samples from input.bin and writes every value that an observed header stores, in the order of the steps. */
export function emitObserver(plan: Plan): string {
  return render('observe.c', loopView(plan));
}

function loopView(plan: Plan): object {
  return {
    prefix: plan.names.prefix,
    header: headerFile(plan),
    inputCount: inputCount(plan),
    outputCount: plan.output.length,
  };
}

/** The same program with and without the model: the difference of their sizes is the model's flash. */
export function emitSizeProgram(plan: Plan, withModel: boolean): string {
  return render('size.c', {
    withModel,
    prefix: plan.names.prefix,
    header: headerFile(plan),
    workspaceWords: plan.workspaceWords,
    inputType: plan.input.ctype,
    inputCount: inputCount(plan),
    outputType: plan.output.ctype,
    outputCount: plan.output.length,
  });
}
