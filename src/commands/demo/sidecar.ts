import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../setup/user-error.ts';
import { atEnd } from './at-end.ts';

export interface Sidecar {
  /** host:port of its OTLP/gRPC receiver. */
  readonly grpc: string;
  /** Sends SIGTERM; resolves with the exit code when the sidecar has drained. */
  stop(): Promise<number | null>;
  kill(): void;
}

/**
 * The variables that a process needs. Others could send the risk events of the demo, and a token with them, to the user's own
 * backend (OTEL_*) or to a proxy, or could break the demo.
 */
const NEEDED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_COMPILE_CACHE'];

/** Its name in src/ or in dist/. */
const END_WITH_PARENT = new URL(`end-with-parent${extname(import.meta.url)}`, import.meta.url).href;

const PACKAGE = new URL('../../..', import.meta.url);

/**
 * Starts `sidewatch serve` as a child process, with a configuration and without the user's environment. It ends when this
 * process ends. Rejects with a UserError that holds its log if it does not start.
 */
export function startSidecar(config: string): Promise<Sidecar> {
  const environment = NEEDED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--import', END_WITH_PARENT, process.argv[1]!, 'serve', '--config', config],
    // execArgv may have paths that are relative to the folder of the package.
    { cwd: PACKAGE, env: Object.fromEntries(environment), stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const kill = () => void child.kill('SIGKILL');
  atEnd(kill);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    void exited.then(() => reject(new UserError(['the sidecar did not start:', ...log])));
    createInterface(child.stderr).on('line', (line) => {
      log.push(line);
      const grpc = /listening for OTLP on (\S+) \(gRPC\)/.exec(line)?.[1];
      if (!grpc) return;
      resolve({
        grpc,
        stop: () => {
          child.kill('SIGTERM');
          return exited;
        },
        kill,
      });
    });
  });
}
