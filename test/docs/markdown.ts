/** Reads what the tests need from Markdown pages. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface CodeBlock {
  readonly language: string;
  /** Line of the opening fence. */
  readonly line: number;
  readonly text: string;
  /** The word `run` behind the language. */
  readonly run: boolean;
}

/** Fenced blocks; the language is the first word behind the fence. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; line: number; run: boolean; text: string[] } | undefined;
  markdown.split('\n').forEach((content, i) => {
    const fence = /^\s*```\s*(\S*)(\s+run\b)?/.exec(content);
    if (fence === null) open?.text.push(content);
    else if (open === undefined) open = { language: fence[1] ?? '', line: i + 1, run: fence[2] !== undefined, text: [] };
    else {
      blocks.push({ ...open, text: `${open.text.join('\n')}\n` });
      open = undefined;
    }
  });
  return blocks;
}

/** Commands of a shell block: comments dropped, lines joined behind a backslash, a leading `$ ` removed. */
export function commands(block: string): readonly string[] {
  return block
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\$ )?/, '').replace(/\s+#.*$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Words of a command; quotes group, nothing else is special. */
export function words(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}

/** Targets of relative links, without their anchors. */
export function relativeLinks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchor that GitHub gives a heading. */
export function anchors(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** README and the other pages at the root, docs/ and the folders that have a README of their own. */
export function pages(root: string): readonly string[] {
  const markdownIn = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return folder === '' ? [] : markdownIn(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
  return ['', 'docs', 'runtime-c', 'targets', 'bench'].flatMap(markdownIn);
}
