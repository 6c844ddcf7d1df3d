/** npm run full-size [-- FOLDER]: writes the networks of full-size-models.ts, 40 MB together, into build/full-size or FOLDER. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FULL_SIZE_MODELS } from './full-size-models.ts';

const [folder = 'build/full-size'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const { name, json } of FULL_SIZE_MODELS) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, json());
  process.stdout.write(`${file}\n`);
}
