import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../setup/user-error.ts';
import { atEnd } from './at-end.ts';

export interface Sidecar {
  /** host:port of its OTLP/gRPC receiver. */
  readonly grpc: string;
  /** SIGTERM; resolves with the exit code once it has drained. */
  stop(): Promise<number | null>;
  kill(): void;
}

/**
 * What a process needs of its surroundings. The rest could point the demo's invented risk events, and a token with them, at
 * the user's own backend (OTEL_*), at a proxy, or stop it altogether.
 */
const NEEDED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_COMPILE_CACHE'];

/** The same file in src/ and in dist/. */
const END_WITH_PARENT = new URL(`end-with-parent${extname(import.meta.url)}`, import.meta.url).href;

/**
 * Starts `sidewatch serve` as a child process with the given configuration and nothing of the environment; it ends when
 * this process does. Throws UserError with what it said if it does not come up.
 */
export function startSidecar(config: string): Promise<Sidecar> {
  const environment = NEEDED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--import', END_WITH_PARENT, process.argv[1]!, 'serve', '--config', config],
    { env: Object.fromEntries(environment), stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const kill = () => void child.kill('SIGKILL');
  atEnd(kill);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    void exited.then(() => reject(new UserError(['the sidecar did not come up:', ...said])));
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
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
