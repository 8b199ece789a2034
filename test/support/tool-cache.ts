import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Tools that some tests run and that are not among the project's dependencies. Each is installed when it is first used, into a
// cache folder of the user named by its version.

export interface Tool {
  readonly name: string;
  readonly version: string;
  /** What a machine must have for the installation. */
  readonly wants: string;
  /** Fills an empty folder. */
  readonly install: (folder: string) => void;
}

/** The folder with a tool. Throws a sentence that says what is needed where it cannot be installed. */
export function installed(tool: Tool): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sidewatch');
  const folder = join(cache, `${tool.name}-${tool.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Beside its place and renamed, so that an interrupted or a second installation leaves no half.
  const fresh = mkdtempSync(join(cache, '.new-'));
  try {
    tool.install(fresh);
    if (!existsSync(folder)) renameSync(fresh, folder);
  } catch (error) {
    throw new Error(
      `these tests need ${tool.name} ${tool.version}, which could not be installed into ${folder} (wanted: ${tool.wants}): ${(error as Error).message}`,
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Runs a command to its end. Throws what it says where it fails. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): void {
  try {
    execFileSync(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...env },
    });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr?.trim() || message}`);
  }
}
