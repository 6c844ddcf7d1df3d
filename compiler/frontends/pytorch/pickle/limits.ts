/** Limits on what one pickle may ask for. Those of real checkpoints, optimizer included, are below a hundredth of them. */

/** Bytes from the first opcode to STOP. */
export const LONGEST_PICKLE = 2 ** 26;
/** Opcodes; each makes at most one object. */
export const MOST_OPCODES = 2 ** 22;
/** Dimensions of a tensor. */
export const MOST_DIMENSIONS = 16;
/** Characters of a line of the text opcodes. */
export const LONGEST_LINE = 65_536;
/** Bytes of an integer. */
export const LONGEST_INTEGER = 256;
