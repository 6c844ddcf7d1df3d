/** Temporary folders that do not outlive the process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let listening = false;

/** A new empty folder, removed by `removeTemporaryFolder` or at the latest when the process exits. */
export function createTemporaryFolder(): string {
  if (!listening) process.on('exit', removeAll);
  listening = true;
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-'));
  folders.add(folder);
  return folder;
}

/** Removes a folder made by `createTemporaryFolder`; doing it twice is harmless. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  folders.delete(folder);
  await rm(folder, { recursive: true, force: true });
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
