/** Limits on what a model file may ask for, so that a damaged or hostile one cannot exhaust memory. */

/** Elements of one tensor of a network. */
export const MOST_ELEMENTS = 2 ** 22;

/** Bytes of a file of weights, and of what is unpacked from one. */
export const MOST_WEIGHT_BYTES = 2 ** 28;
