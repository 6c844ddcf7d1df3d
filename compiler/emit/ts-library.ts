/** The functions of templates/evaluator.ts: those that a module needs are cut out with what they use, and the module is type-checked. */
import type { CompilerOptions, Project, SourceFile } from 'ts-morph';
import { templateText } from './render.ts';

/** The strictest settings under which a user may compile the module, and nothing but the language in scope. */
function strictOptions({ ts }: typeof import('ts-morph')): CompilerOptions {
  return {
    target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.ESNext,
    lib: ['lib.es2020.d.ts'],
    types: [],
    declaration: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    isolatedModules: true,
    isolatedDeclarations: true,
  };
}

/** A TypeScript project in memory. ts-morph is loaded here and nowhere else: it takes 0.3 s and 125 MB. */
export async function openProject(): Promise<Project> {
  const morph = await import('ts-morph');
  return new morph.Project({ useInMemoryFileSystem: true, compilerOptions: strictOptions(morph) });
}

/** A function, type or constant, with its comment and without `export`. */
interface Declaration {
  readonly name: string;
  readonly text: string;
  /** Names of other declarations that it uses. */
  readonly uses: readonly string[];
}

function declarationsOf(file: SourceFile, { SyntaxKind }: typeof import('ts-morph')): readonly Declaration[] {
  const nodes = [...file.getInterfaces(), ...file.getFunctions()].sort((a, b) => a.getPos() - b.getPos());
  const names = new Set(nodes.map((node) => node.getName() ?? ''));
  return nodes.map((node) => {
    const name = node.getName() ?? '';
    const identifiers = node.getDescendantsOfKind(SyntaxKind.Identifier).map((identifier) => identifier.getText());
    const uses = [...new Set(identifiers)].filter((used) => used !== name && names.has(used));
    return { name, text: node.getText(true).replace(/^export /m, ''), uses };
  });
}

/** Texts of the named declarations of templates/evaluator.ts and of all that they use, in the order of the file. */
export type Library = (names: readonly string[]) => readonly string[];

export async function openLibrary(project: Project): Promise<Library> {
  const declarations = declarationsOf(project.createSourceFile('evaluator.ts', templateText('evaluator.ts')), await import('ts-morph'));
  return (names) => {
    const wanted = new Set<string>();
    const want = (name: string): void => {
      if (wanted.has(name)) return;
      const declaration = declarations.find((d) => d.name === name);
      if (declaration === undefined) throw new Error(`templates/evaluator.ts has no ${name}`);
      wanted.add(name);
      declaration.uses.forEach(want);
    };
    names.forEach(want);
    return declarations.filter(({ name }) => wanted.has(name)).map(({ text }) => text);
  };
}

/**
 * Checks modules by their file names, all at once.
 * @throws Error with every problem that the TypeScript compiler has with them: emission was wrong
 */
export function checkModules(project: Project, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) project.createSourceFile(name, text, { overwrite: true });
  const problems = project.getPreEmitDiagnostics();
  if (problems.length === 0) return;
  const lines = problems.map((problem) => {
    const text = problem.getMessageText();
    const where = `${problem.getSourceFile()?.getBaseName() ?? ''}:${problem.getLineNumber() ?? 0}`;
    return `${where}: ${typeof text === 'string' ? text : text.getMessageText()}`;
  });
  throw new Error(['what was emitted does not type-check', ...lines].join('\n'));
}
