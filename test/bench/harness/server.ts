import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { child } from './child.ts';
import { type Rules, rulesConfig } from './rules-config.ts';
import { workFolder } from './work-folder.ts';

export interface Server {
  readonly address: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its listening. */
  readonly start: number;
  /** Resolves when it says a line that fits. */
  line(pattern: RegExp): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a program that says on stderr where it listens. Rejects with what it said where it ends before. */
export async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const began = performance.now();
  const running = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => void running.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) =>
    running.once('exit', () => {
      process.off('exit', kill);
      resolve();
    }),
  );
  const said: string[] = [];
  const lines = createInterface(running.stderr);
  const address = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /listening for OTLP on (\S+) \(gRPC\)/.exec(line)?.[1];
      if (found) resolve(found);
      else said.push(line);
    });
    void ended.then(() => reject(new Error(said.join('\n'))));
  });
  return {
    address,
    pid: running.pid!,
    start: performance.now() - began,
    line: (pattern) =>
      new Promise((resolve) => {
        const look = (line: string) => {
          if (!pattern.test(line)) return;
          lines.off('line', look);
          resolve();
        };
        lines.on('line', look);
      }),
    stop() {
      running.kill();
      return ended;
    },
  };
}

/** The baseline: grpc-js with its defaults, which drops the bytes. */
export const startBare = (): Promise<Server> => startServer([child('bare-server')]);

/** The options of `npm start`. */
export const AS_NPM_STARTS = ['--max-semi-space-size=4'];

/** A tree's `sidewatch serve`, its risk events sent to `sink`. `more`: further sections of its configuration. */
export function startSidewatch(
  tree: string,
  sink: string,
  flags: readonly string[] = [],
  rules: Rules = 75,
  more = '',
): Promise<Server> {
  const config = join(workFolder(), 'sidewatch.yaml');
  // The short form: the base tree of a comparison may know no other.
  writeFileSync(
    config,
    `receivers: {otlp: {grpc: {endpoint: "127.0.0.1:0"}}}\n${rulesConfig(tree, rules)}${more}`,
  );
  return startServer([...AS_NPM_STARTS, ...flags, join(tree, 'src/main.ts'), 'serve', '--config', config], {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
  });
}
