/** The whole of `bnnc doctor`: what works on this computer, what does not, and what that takes. */
import { examineTarget, isHealthy, type TargetHealth } from '../runner/doctor.ts';
import { installLines, managerOf, type Manager } from '../runner/install.ts';
import { onnxRuntimeVersion } from '../runner/onnxruntime.ts';
import type { ToolStatus } from '../runner/tools.ts';
import { VERSION } from '../support/version.ts';
import type { Target } from '../targets/target.ts';

/** A tool and the targets that need it. */
export interface NeededTool {
  readonly role: ToolStatus['role'];
  readonly command: string;
  readonly path: string | null;
  /** First line of what it says about its version; null where it is missing or says nothing. */
  readonly version: string | null;
  readonly targets: readonly string[];
}

export interface Health {
  readonly version: string;
  /** Such as `v20.19.0`. */
  readonly node: string;
  /** Version of onnxruntime-node, for `verify --reference onnxruntime`; null where it is not installed. */
  readonly onnxruntime: string | null;
  readonly tools: readonly NeededTool[];
  readonly targets: readonly Omit<TargetHealth, 'tools' | 'packages'>[];
  /** Nothing is missing for these targets. */
  readonly healthy: boolean;
  /** The lines that install what is missing, the package manager of this computer first; without entries when nothing is. */
  readonly install: readonly { readonly manager: Manager; readonly lines: readonly string[] }[];
}

/** Every tool once, with all targets that need it. */
function neededTools(found: readonly TargetHealth[]): readonly NeededTool[] {
  const all = found.flatMap(({ target, tools }) => tools.map((tool) => ({ target, tool })));
  const commands = [...new Set(all.map(({ tool }) => tool.command))];
  return commands.flatMap((command) => {
    const users = all.filter(({ tool }) => tool.command === command);
    const [first] = users;
    if (first === undefined) return [];
    const { role, path = null, version = null } = first.tool;
    return [{ role, command, path, version, targets: users.map(({ target }) => target) }];
  });
}

/** @param platform as `process.platform` names it */
export async function examine(targets: readonly Target[], platform: string, node: string): Promise<Health> {
  const found = await Promise.all(targets.map(examineTarget));
  const own = managerOf(platform);
  const managers = [own, ...(['apt', 'brew', 'winget'] as const).filter((manager) => manager !== own)];
  const missing = found.flatMap(({ packages }) => packages);
  return {
    version: VERSION,
    node,
    onnxruntime: await onnxRuntimeVersion(),
    tools: neededTools(found),
    targets: found.map(({ tools: _tools, packages: _packages, ...rest }) => rest),
    healthy: found.every(isHealthy),
    install: managers.map((manager) => ({ manager, lines: installLines(missing, manager) })).filter(({ lines }) => lines.length > 0),
  };
}
