import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Sidecar {
  /** host:port of its OTLP/gRPC receiver. */
  readonly grpc: string;
  /** The line in which it says what it does. */
  readonly announced: string;
  /** SIGTERM; resolves with the exit code once it has drained. */
  stop(): Promise<number | null>;
  kill(): void;
}

/**
 * Starts `sidewatch serve` as a child process with the given configuration. Rejects with what it said if it does not come
 * up. It does not outlive us, however we end.
 */
export function startSidecar(config: string, env: Readonly<Record<string, string>>): Promise<Sidecar> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1]!, 'serve', '--config', config],
    {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    void exited.then(() => reject(new Error(`the sidecar did not come up:\n${said.join('\n')}`)));
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
      const grpc = /listening for OTLP on (\S+) \(gRPC\)/.exec(line)?.[1];
      if (!grpc) return;
      resolve({
        grpc,
        announced: line,
        stop: () => {
          child.kill('SIGTERM');
          return exited;
        },
        kill: () => void child.kill('SIGKILL'),
      });
    });
  });
}
