/**
 * The size of the network's input. No file states it. The first layer says how many channels an image has or how many numbers a
 * vector; rows and columns follow from the modules that need a certain number of elements (View, Reshape, Linear), and from what the
 * modules still hold of their last run.
 */
import { fail, type Origin } from '../../support/diagnostics.ts';
import { describeSizes, isImage, type InputHint, type Layer, type Sizes } from './layer.ts';
import type { Module } from './module.ts';
import { isCompound } from './values.ts';
import { flowSizes, type Flow, type Misfit } from './walk.ts';

const LARGEST_SIDE = 512;
/** What the first module that tells anything of the input tells. */
function firstHint(layer: Layer): InputHint | undefined {
  if (layer.kind === 'leaf') return layer.input;
  if (layer.kind === 'join') return undefined;
  for (const part of layer.layers) {
    const hint = firstHint(part);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** Sizes of one sample, without the batch, that a module holds of its last run. Those of cudnn keep the size of their input. */
function remembered(module: Module): { readonly input: readonly Sizes[]; readonly output: readonly Sizes[] } {
  const sizesOf = (name: string): readonly Sizes[] => {
    const value = module.fields.entries.get(name);
    if (!isCompound(value)) return [];
    const sizes = value.kind === 'tensor' ? value.sizes : value.kind === 'storage' && value.count === 4 ? Array.from(value.read(0, 4)) : [];
    return sizes.length === 4 && sizes.every((size) => size >= 1) ? [sizes.slice(1)] : [];
  };
  return { input: [...sizesOf('iSize'), ...sizesOf('gradInput')], output: sizesOf('output') };
}

function isMisfit(result: Misfit | Flow<Sizes>): result is Misfit {
  return 'module' in result;
}

/** How many modules contradict an input: they were run on another one. */
function contradictions(root: Layer, input: Sizes): number {
  let count = 0;
  flowSizes(root, input, ({ module }, before, after) => {
    const held = remembered(module);
    const differs = (sizes: Sizes, seen: readonly Sizes[]): boolean =>
      isImage(sizes) && seen.some((other) => describeSizes(other) !== describeSizes(sizes));
    if (differs(before, held.input) || differs(after, held.output)) count += 1;
  });
  return count;
}

/** Sizes that the modules remember for images of so many channels, for inputs that are not square. */
function rememberedInputs(root: Layer, channels: number): readonly Sizes[] {
  const found = new Map<string, Sizes>();
  const visit = (layer: Layer): void => {
    if (layer.kind === 'leaf') remembered(layer.module).input.forEach((sizes) => found.set(describeSizes(sizes), sizes));
    else if (layer.kind !== 'join') layer.layers.forEach(visit);
  };
  visit(root);
  return [...found.values()].filter((sizes) => sizes[0] === channels && sizes.every((size) => size <= LARGEST_SIDE));
}

function refuseMisfit({ module, message }: Misfit, sizes: Sizes): never {
  return fail({
    code: 'BNN2001',
    message: `"${module.source.name}" (${module.source.shown}) ${message}.`,
    origin: module.source.origin,
    details: [`input  ${describeSizes(sizes)}`],
  });
}

/** The image sizes with which the whole network fits; those that its modules remember, if there are any. */
function fitting(root: Layer, channels: number): { readonly sizes: readonly Sizes[]; readonly best: Misfit | undefined } {
  const squares = Array.from({ length: LARGEST_SIDE }, (_, i) => [channels, i + 1, i + 1]);
  const sizes: Sizes[] = [];
  let best: Misfit | undefined;
  const tried = new Set<string>();
  for (const candidate of [...rememberedInputs(root, channels), ...squares]) {
    if (tried.has(describeSizes(candidate))) continue;
    tried.add(describeSizes(candidate));
    const result = flowSizes(root, candidate);
    if (!isMisfit(result)) sizes.push(candidate);
    else if (best === undefined || result.passed > best.passed) best = result;
  }
  const agreeing = sizes.filter((candidate) => contradictions(root, candidate) === 0);
  return { sizes: agreeing.length === 0 ? sizes : agreeing, best };
}

function imageSize(root: Layer, channels: number, origin: Origin): Sizes {
  const { sizes, best } = fitting(root, channels);
  const [only] = sizes;
  if (only === undefined) {
    return fail({
      code: 'BNN2001',
      message: `no image of ${channels} channels with up to ${LARGEST_SIDE} rows, and as many columns, fits the network.`,
      origin: best?.module.source.origin ?? origin,
      details: best === undefined ? [] : [`"${best.module.source.name}" (${best.module.source.shown}) ${best.message}`],
      help: `If the images are not square, say their size: --input-shape ${channels}x<rows>x<columns>.`,
    });
  }
  if (sizes.length === 1) return only;
  return fail({
    code: 'BNN1005',
    message: 'the file does not say which size the images have, and several fit.',
    origin,
    details: [`that fit  ${describeSizes(only)} to ${describeSizes(sizes.at(-1) ?? only)}`],
    help: `Say which: --input-shape ${describeSizes(only)}, for example.`,
  });
}

/**
 * Sizes of one sample.
 * @param stated by the user; null where they are to be found
 * @throws UserError BNN1005 where several sizes fit, BNN2001 where none does
 */
export function inputSize(root: Layer, stated: readonly number[] | null): Sizes {
  const { origin } = root.module.source;
  const hint = firstHint(root);
  if (stated !== null) return fits(root, stated);
  if (hint === undefined) {
    return fail({
      code: 'BNN1005',
      message: 'no module says which size the input has.',
      origin,
      help: 'Say it with --input-shape, for example --input-shape 1x28x28 for an image or --input-shape 784 for a vector.',
    });
  }
  return 'channels' in hint ? imageSize(root, hint.channels, origin) : fits(root, hint.sizes);
}

function fits(root: Layer, sizes: Sizes): Sizes {
  const result = flowSizes(root, sizes);
  return isMisfit(result) ? refuseMisfit(result, sizes) : sizes;
}
