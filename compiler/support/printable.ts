/** Text that comes from a file, made fit for a terminal and for a person. */

const LONGEST_WORD = 300;
const KEPT = 200;

/**
 * Control characters, invisible ones and those that turn the direction of writing become `<U+001B>`, so that no name in a
 * file can steer a terminal; of a word longer than 300 characters the beginning is kept and the length told.
 */
export function printable(text: string): string {
  return text
    .replace(/\p{C}/gu, (character) => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`)
    .replace(/\S+/g, (word) => (word.length <= LONGEST_WORD ? word : `${word.slice(0, KEPT)}…(${word.length} characters)`));
}
