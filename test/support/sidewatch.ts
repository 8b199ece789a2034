import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

/** Configuration with one detection, so that a test can count what comes: Kubernetes API Scanning. */
export const ONE_RULE = `rules: {packs: [], files: [${JSON.stringify(
  new URL('../../rules/sidewatch/discovery/kubernetes_api_scanning.yml', import.meta.url).pathname,
)}]}`;

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}src/main.ts`;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Environment for a child: ours without what would change its configuration. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|NODE_OPTIONS|VITEST|NODE_V8_COVERAGE|npm_|INIT_CWD)/.test(name),
  );
  return { ...Object.fromEntries(clean), ...more };
}

/** Runs `sidewatch ARGS` to its end. */
export function sidewatch(
  args: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(options.env ?? {}) });
  const ended = whatItSays(child);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return ended;
}

async function whatItSays(child: ChildProcess): Promise<Ended> {
  const [out, err]: string[][] = [[], []];
  child.stdout?.on('data', (chunk) => out!.push(String(chunk)));
  child.stderr!.on('data', (chunk) => err!.push(String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: out!.join(''), err: err!.join('') };
}

export interface Running extends AsyncDisposable {
  readonly grpc: string;
  /** Where it takes OTLP/HTTP and audit webhooks; '' without them. */
  readonly http: string;
  readonly webhook: string;
  /** Where its console listens; '' without one. */
  readonly console: string;
  /** Where it answers probes and scrapes; '' without them. */
  readonly health: string;
  readonly metrics: string;
  readonly pid: number;
  /** Resolves with the first line of its log, from now on, that fits. */
  says(what: RegExp): Promise<string>;
  /** The next line on stdout; undefined at its end. */
  line(): Promise<string | undefined>;
  /** Reads no more of what it writes to stdout. */
  leave(): void;
  /** Sends it a signal; once it has ended, nothing. */
  signal(which: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<Ended>;
}

/**
 * Starts `sidewatch serve` on a free port with the given configuration (YAML without its receivers and rules). `grpc`: the
 * settings of its receiver; `receivers`: the whole section in their place. `stdout`: a file descriptor to write to in place of a
 * pipe that is read. `launcher`: a command that starts it, as `npm start --`; it
 * leads a process group, as one that is started in a terminal does.
 */
export async function startSidewatch(
  yaml = '',
  env: Readonly<Record<string, string>> = {},
  rules = ONE_RULE,
  {
    stdout = 'pipe',
    launcher,
    grpc: settings = '{endpoint: "127.0.0.1:0"}',
    receivers = `receivers: {otlp: {protocols: {grpc: ${settings}}}}`,
  }: {
    stdout?: 'pipe' | number;
    launcher?: readonly string[];
    grpc?: string;
    receivers?: string;
  } = {},
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-e2e-'));
  const config = join(folder, 'sidewatch.yaml');
  writeFileSync(config, `${receivers}\n${rules}\n${yaml}`);
  const [command = '', ...args] = launcher ?? [process.execPath, MAIN, 'serve'];
  const child = spawn(command, [...args, '--config', config], {
    cwd: ROOT,
    env: environment(env),
    stdio: ['ignore', stdout, 'pipe'],
    detached: launcher !== undefined,
  });
  const ended = whatItSays(child).finally(() => rmSync(folder, { recursive: true }));
  const out = createInterface(child.stdout ?? Readable.from([]))[Symbol.asyncIterator]();
  const log = createInterface(child.stderr!);
  const says = (what: RegExp) =>
    new Promise<string>((resolve, reject) => {
      log.on('line', (line) => what.test(line) && resolve(line));
      void ended.then(({ err }) => reject(new Error(`sidewatch ended without a word of ${what}: ${err}`)));
    });
  const up = await says(/listening for /);
  const [, grpc = ''] = /listening for OTLP on (\S+) \(gRPC\)/.exec(up) ?? [];
  const at = (what: string) => new RegExp(` ${what}=(\\S+)`).exec(up)?.[1] ?? '';
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return {
    grpc,
    http: at('http'),
    webhook: at('webhook'),
    console: at('console'),
    health: at('health'),
    metrics: at('metrics'),
    pid: child.pid!,
    says,
    ended,
    signal: (which) => void child.kill(which),
    leave: () => void child.stdout?.destroy(),
    line: async () => {
      const { value, done } = await out.next();
      return done ? undefined : value;
    },
    stop,
    async [Symbol.asyncDispose]() {
      if (launcher) killGroup(child.pid!);
      else child.kill('SIGKILL');
      await ended;
    },
  };
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended, and all of its group.
  }
}
