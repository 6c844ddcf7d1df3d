/** Scripts that complete command lines in shells. Everything they know is written into them, so that they answer at once. */

/** An option as yargs is told about it, as far as completion needs it. */
export interface CompletedOption {
  readonly type?: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  readonly array?: boolean;
  readonly describe: string;
}

export interface CompletedVerb {
  readonly options: Readonly<Record<string, CompletedOption>>;
  /** Words that stand without an option; null for files. */
  readonly words: readonly string[] | null;
}

export type CompletedVerbs = Readonly<Record<string, CompletedVerb>>;

/** Options whose value is a file; other texts without choices are the user's to write. */
const FILES = new Set(['out', 'data', 'labels', 'json', 'junit', 'compare']);

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

function flagsOf(name: string, { alias }: CompletedOption): readonly string[] {
  return [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])];
}

/** The line of a bash `case` that answers behind an option. */
function answer(verb: string, name: string, option: CompletedOption): readonly string[] {
  const patterns = flagsOf(name, option).map((flag) => `'${verb} ${flag}'`);
  const pattern = patterns.join('|');
  if (option.type === 'boolean') return [];
  if (option.choices !== undefined)
    return [`    ${pattern}) _bnnc_${option.array === true ? 'list' : 'words'} '${option.choices.join(' ')}'; return ;;`];
  return [`    ${pattern}) ${FILES.has(name) ? '_bnnc_files' : ':'}; return ;;`];
}

function bash(verbs: CompletedVerbs): string {
  const names = Object.keys(verbs);
  const answers = Object.entries(verbs).flatMap(([verb, { options }]) =>
    Object.entries(options).flatMap(([name, option]) => answer(verb, name, option)),
  );
  const flags = Object.entries(verbs).map(([verb, { options }]) => {
    const all = [...Object.entries(options).flatMap(([name, option]) => flagsOf(name, option)), '--help'];
    return `      ${verb}) _bnnc_words '${all.join(' ')}' ;;`;
  });
  const words = Object.entries(verbs).flatMap(([verb, verbWords]) =>
    verbWords.words === null ? [] : [`    ${verb}) _bnnc_words '${verbWords.words.join(' ')}' ;;`],
  );
  return `_bnnc_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_bnnc_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }
_bnnc_list() {
  local before=''
  case "$cur" in *,*) before="\${cur%,*},"; cur="\${cur##*,}" ;; esac
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "$cur"))
}
_bnnc() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}"
  local last="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then _bnnc_words '${names.join(' ')} --help --version'; return; fi
  case "$verb $last" in
${answers.join('\n')}
  esac
  case "$cur" in
    -*)
      case "$verb" in
${flags.join('\n')}
      esac
      return ;;
  esac
  case "$verb" in
${words.join('\n')}
    *) _bnnc_files ;;
  esac
}
complete -F _bnnc bnnc
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function fish(verbs: CompletedVerbs): string {
  const lines = Object.entries(verbs).flatMap(([verb, { options, words }]) => {
    const condition = `-n '__fish_seen_subcommand_from ${verb}'`;
    const values = ({ type, choices }: CompletedOption, name: string): string => {
      if (type === 'boolean') return '';
      if (choices !== undefined) return ` -x -a ${quoted(choices.join(' '))}`;
      return FILES.has(name) ? ' -r' : ' -x';
    };
    return [
      `complete -c bnnc -n __fish_use_subcommand -f -a ${verb}`,
      ...(words === null ? [] : [`complete -c bnnc ${condition} -f -a ${quoted(words.join(' '))}`]),
      ...Object.entries(options).map(([name, option]) => {
        const short = option.alias === undefined ? '' : ` -s ${option.alias}`;
        return `complete -c bnnc ${condition} -l ${name}${short}${values(option, name)} -d ${quoted(option.describe)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** The script for a shell. */
export function completionScript(shell: Shell, verbs: CompletedVerbs): string {
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`;
    case 'fish':
      return fish(verbs);
  }
}
