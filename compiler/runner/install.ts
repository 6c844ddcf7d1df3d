/** What to type to install packages. */
import type { Packages } from '../targets/target.ts';

export type Manager = keyof Packages;

/** The package manager of a platform as `process.platform` names it; apt for every Linux. */
export function managerOf(platform: string): Manager {
  return platform === 'darwin' ? 'brew' : platform === 'win32' ? 'winget' : 'apt';
}

function wordsOf(text: string | null): readonly string[] {
  return text === null ? [] : [text];
}

/**
 * The lines that install all of them. apt takes all in one line; brew does too, but for casks; winget takes one at a time.
 * Packages that a manager does not have are left out.
 */
export function installLines(packages: readonly Packages[], manager: Manager): readonly string[] {
  const wanted = [...new Set(packages.flatMap((one) => wordsOf(one[manager])))].sort();
  if (wanted.length === 0) return [];
  switch (manager) {
    case 'apt':
      return [`sudo apt-get install ${[...new Set(wanted.flatMap((text) => text.split(' ')))].join(' ')}`];
    case 'brew': {
      const formulas = wanted.filter((text) => !text.startsWith('--cask '));
      const casks = wanted.filter((text) => text.startsWith('--cask '));
      return [...(formulas.length > 0 ? [`brew install ${formulas.join(' ')}`] : []), ...casks.map((text) => `brew install ${text}`)];
    }
    case 'winget':
      return wanted.map((text) => `winget install ${text}`);
  }
}
