/** Words that do not belong into a published repository. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Violation } from './violation.ts';

interface TextRule {
  readonly pattern: RegExp;
  readonly rule: string;
  /** Files in which the words mean something else. */
  readonly except: RegExp;
}

const NOTHING = /^$/;

const RULES: readonly TextRule[] = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, rule: 'finish it or leave it out; plans are not code', except: NOTHING },
  { pattern: /\/work\//, rule: 'no path of one machine', except: NOTHING },
  {
    pattern: /\.\.\/shared\b/,
    rule: 'nothing outside the repository is needed; name an environment variable instead',
    except: /^(?:\.ci\/run|targets\/.*)$/, // targets/shared is ours
  },
  {
    pattern: /\bsessions?\b/i,
    rule: 'write about the compiler, not about how it came to be',
    except: /\.(?:ts|py)$/, // onnxruntime calls a loaded model so
  },
  {
    pattern: /\b(?:this|previous|earlier|last|next|other) session\b/i,
    rule: 'write about the compiler, not about how it came to be',
    except: /\.md$/,
  },
  {
    pattern: /(?:^|[\s(])#\d+\b|\bissue\s*#?\d+/i,
    rule: 'say what is the case instead of naming an issue',
    except: NOTHING,
  },
];

const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '__pycache__']);
const TEXT = /(?:\.(?:ts|js|json|md|c|h|S|ld|hbs|sh|py|yaml|yml|toml|txt|proto)|\/run|LICENSE|\.editorconfig|\.npmrc)$/;
/** This folder spells the words out; lock files are not written by us. */
const OWN = /^(?:test\/architecture(?:\.test\.ts$|\/)|package-lock\.json$)/;

/** Text files of the repository, as paths from its root with `/`. */
export function textFiles(root: string, folder: string = root): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : textFiles(root, path);
    const shown = relative(root, path).split(sep).join('/');
    return TEXT.test(`/${shown}`) && !OWN.test(shown) ? [shown] : [];
  });
}

export function textViolations(file: string, text: string): readonly Violation[] {
  return text.split('\n').flatMap((content, i) =>
    RULES.filter(({ pattern, except }) => pattern.test(content) && !except.test(file)).map(({ pattern, rule }) => ({
      file,
      line: i + 1,
      rule: `"${(pattern.exec(content)?.[0] ?? '').trim()}": ${rule}`,
    })),
  );
}

export function repositoryTextViolations(root: string): readonly Violation[] {
  return textFiles(root).flatMap((file) => textViolations(file, readFileSync(join(root, file), 'utf8')));
}
