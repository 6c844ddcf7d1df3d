/** C identifiers. Every name that emission prints is made here. */
import type { Names } from './plan.ts';

/** Keywords of C99, C11, C++11 and later, and names that common headers define as macros. */
const RESERVED = new Set(
  (
    'alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield ' +
    'compl concept const const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit ' +
    'export extern false float for friend goto if inline int long main mutable namespace new noexcept not not_eq nullptr operator or or_eq ' +
    'private protected public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct ' +
    'switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while ' +
    'xor xor_eq errno stdin stdout stderr NULL assert offsetof linux unix arm'
  ).split(' '),
);

/**
 * Lower-case letters, digits and single underscores, not starting with a digit, not a keyword, not in the runtime's name space.
 * Of long names the first `longest` characters are kept.
 */
export function toIdentifier(text: string, longest = Infinity): string {
  const plain = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, longest)
    .replace(/_+$/, '');
  const started = /^[a-z]/.test(plain) ? plain : `model_${plain}`.replace(/_$/, '');
  return RESERVED.has(started) || /^bnn\d*(_|$)/.test(started) ? `${started}_model` : started;
}

/** The prefix of a model named by its file, e.g. `models/Digits-CNN.onnx` → `digits_cnn`. */
export function namesOf(nameOrFile: string): Names {
  const base = nameOrFile.split(/[\\/]/).at(-1) ?? nameOrFile;
  const prefix = toIdentifier(base.replace(/\.[A-Za-z0-9]+$/, ''));
  return { prefix, macro: prefix.toUpperCase() };
}

/** Makes names unique within one list: the second `conv` becomes `conv_2`. */
export function uniqueNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    let name = wanted;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted}_${n}`;
    taken.add(name);
    return name;
  };
}
