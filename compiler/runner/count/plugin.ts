/** Builds the QEMU plugin that counts, and keeps it for the next time. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fail } from '../../support/diagnostics.ts';
import { sha256 } from '../../support/hash.ts';
import { targetsFolder } from '../../targets/description.ts';
import { loadTarget } from '../../targets/load.ts';
import { createTemporaryFolder } from '../temporary.ts';
import { findTool } from '../tools.ts';

const SOURCES = ['plugin.c', 'markers.h', 'qemu-plugin-api.h'] as const;
const SHOWN_LINES = 15;

/** Version of QEMU's plugin interface: 9.0 and 9.1 changed it. @param version what `qemu-system-x --version` says */
export function pluginInterface(version: string): 1 | 2 | 3 {
  const [, major = 0, minor = 0] = (/version (\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major < 9) return 1;
  return major === 9 && minor === 0 ? 2 : 3;
}

/** Where programs keep what they can make again; undefined where no home is known. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: cache } = process.env;
  if (cache !== undefined && cache !== '') return join(cache, 'bnnc');
  const home = homedir();
  return home === '' ? undefined : process.platform === 'darwin' ? join(home, 'Library/Caches/bnnc') : join(home, '.cache/bnnc');
}

/** The folder in which plugins are kept, or a temporary one if it cannot be written. */
function writableFolder(): string {
  const wanted = cacheFolder();
  try {
    if (wanted === undefined) return createTemporaryFolder();
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    return createTemporaryFolder();
  }
}

const built = new Map<string, Promise<string>>();

/**
 * The absolute path of the plugin for this emulator. Built once for each version of the emulator and of the plugin.
 *
 * @param emulator absolute path
 * @throws UserError BNN5001 without a C compiler, BNN5006 if the plugin cannot be built
 */
export function counterPlugin(emulator: string): Promise<string> {
  const found = built.get(emulator) ?? build(emulator);
  built.set(emulator, found);
  return found;
}

async function build(emulator: string): Promise<string> {
  const { stdout: version } = await execa(emulator, ['--version'], { reject: false, stdin: 'ignore' });
  const { toolchain } = loadTarget('host');
  const compiler = findTool({ role: 'compiler', command: toolchain.compiler, packages: toolchain.packages });
  const sources = join(targetsFolder(), 'shared/count');
  const onMac = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const flags = ['-std=c99', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', `-DCOUNT_PLUGIN_API=${pluginInterface(version)}`, ...onMac];
  const texts = SOURCES.map((name) => readFileSync(join(sources, name), 'utf8'));
  const key = sha256(new TextEncoder().encode(JSON.stringify([process.platform, process.arch, version, flags, texts])));
  const name = `count-${key.slice(0, 16)}.so`;
  const cached = cacheFolder();
  if (cached !== undefined && existsSync(join(cached, name))) return join(cached, name);
  const plugin = join(writableFolder(), name);
  // Under a name of its own first: another process may load the plugin while this one writes it.
  const unfinished = `${plugin}.${process.pid}.tmp`;
  const args = [...flags, join(sources, 'plugin.c'), '-o', unfinished];
  const result = await execa(compiler, args, { all: true, reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  if (result.exitCode !== 0) {
    rmSync(unfinished, { force: true });
    fail({
      code: 'BNN5006',
      message: `${toolchain.compiler} cannot build the QEMU plugin that counts instructions`,
      details: (result.all || result.message || 'the compiler did not start').trimEnd().split('\n').slice(0, SHOWN_LINES),
      help: 'The plugin is a small C99 program for this computer; it needs a C compiler with the C library of the system.',
    });
  }
  renameSync(unfinished, plugin);
  return plugin;
}
