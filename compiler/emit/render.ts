/** Handlebars with the strictest settings: a missing name is an error, nothing is escaped, no logic but each and if. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { packageRoot } from '../support/package-root.ts';

/** A file of templates/ as it stands there. */
export function templateText(name: string): string {
  return readFileSync(join(packageRoot(import.meta.url), 'templates', name), 'utf8');
}

/** Parsed templates by name: the files belong to the package and do not change while it runs. */
const compiled = new Map<string, (view: object) => string>();

function compile(name: string, partials: Readonly<Record<string, string>>): (view: object) => string {
  const instance = Handlebars.create();
  for (const [partial, file] of Object.entries(partials)) instance.registerPartial(partial, templateText(`${file}.hbs`));
  return instance.compile(templateText(`${name}.hbs`), { strict: true, noEscape: true, knownHelpersOnly: true, preventIndent: false });
}

/** Renders templates/<name>.hbs. The view must have every name that the template prints. */
export function render(name: string, view: object, partials: Readonly<Record<string, string>> = {}): string {
  const key = JSON.stringify([name, partials]);
  const template = compiled.get(key) ?? compile(name, partials);
  compiled.set(key, template);
  return template(view);
}
