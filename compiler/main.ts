#!/usr/bin/env node
/** Entry of the `bnnc` command. */
import { run } from './cli/index.ts';

// Interrupted runs still remove their temporary folders: exit handlers run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
  cwd: process.cwd(),
});
