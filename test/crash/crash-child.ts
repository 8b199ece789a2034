import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Order } from './orders.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
/** Lines of its log that are kept for a failure. */
const LOG_KEPT = 40;

export interface CrashChildOptions {
  readonly config: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Bytes of journal after which it makes a snapshot. */
  readonly snapshotAfter: number;
  readonly die?: Extract<Order, { kind: 'die' }> | undefined;
}

/** A `serve` in a process of its own, with the test's clock. */
export class CrashChild {
  readonly #process: ChildProcess;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url = Promise.withResolvers<string | undefined>();
  readonly #metrics = Promise.withResolvers<string>();
  readonly log: string[] = [];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  hasEnded = false;

  constructor({ config, now, snapshotAfter, die }: CrashChildOptions) {
    const preload = new URL('./preload.ts', import.meta.url).href;
    this.#process = spawn(
      process.execPath,
      ['--import', preload, `${ROOT}src/main.ts`, 'serve', '--config', config],
      {
        cwd: ROOT,
        env: {
          ...process.env,
          CRASH_TEST_CLOCK: String(now),
          ...(die && { CRASH_TEST_DIE: JSON.stringify(die) }),
          SIDEWATCH_SNAPSHOT_AFTER: String(snapshotAfter),
        },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    this.ended = once(this.#process, 'close').then(([code, signal]) => {
      this.hasEnded = true;
      this.#url.resolve(undefined);
      this.#agent.destroy();
      return code ?? signal;
    });
    createInterface(this.#process.stderr!).on('line', (line) => this.#said(line));
  }

  /** Where it takes OTLP/HTTP, once it listens; undefined where it ended before. */
  get url(): Promise<string | undefined> {
    return this.#url.promise;
  }

  tell(order: Order): void {
    // It may have ended meanwhile.
    if (this.#process.connected) this.#process.send(order, () => {});
  }

  signal(which: NodeJS.Signals): void {
    this.#process.kill(which);
  }

  /** The status of its answer; undefined where there was none. */
  async send(bytes: Uint8Array): Promise<number | undefined> {
    const url = await this.url;
    if (url === undefined) return undefined;
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': bytes.length };
    return new Promise((resolve) => {
      const sent = request(`${url}/v1/logs`, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.on('error', () => resolve(undefined));
        response.on('end', () => resolve(response.statusCode));
      });
      sent.on('error', () => resolve(undefined));
      sent.end(bytes);
    });
  }

  /** The sum of a metric over all its labels. */
  async metric(name: string): Promise<number> {
    const address = await this.#metrics.promise;
    const text = await (await fetch(`http://${address}/metrics`)).text();
    const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'));
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  #said(line: string): void {
    this.log.push(line);
    if (this.log.length > LOG_KEPT) this.log.shift();
    const at = (what: string) => new RegExp(` ${what}=(\\S+)`).exec(line)?.[1];
    if (!line.includes('listening for ')) return;
    this.#url.resolve(`http://${at('http')}`);
    this.#metrics.resolve(at('metrics') ?? '');
  }
}
