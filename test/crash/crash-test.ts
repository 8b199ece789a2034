import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros } from '../../src/model/time.ts';
import { openStore } from '../../src/store/sqlite/open-store.ts';
import { CrashChild } from './crash-child.ts';
import { differences } from './differences.ts';
import { Load, type LoadRequest } from './load.ts';
import { expectedOf } from './model.ts';
import { type Moment, momentOf } from './moment.ts';
import { type Random, seeded } from './random.ts';
import { CrashSink } from './sink.ts';

const SENDERS = 4;
/** Requests of a round. */
const REQUESTS = 100;
/** The clock moves on by less than this at each request. */
const STEP_MS = 8000;
/** How far it gets beyond a request that was not accepted: less than the lateness of every rule. */
const BEHIND_MS = 240_000;
/** Once in so many rounds it is away for long after the kill, and so are its senders. */
const AWAY_ONCE_IN = 5;
const AWAY_MS = 6 * 3_600_000;
const SNAPSHOT_AFTER = 128 * 1024;
/** Against hanging alone: a round takes some seconds. */
const PATIENCE_MS = 120_000;
const SHOWN_EVERY = 20;
const BEGIN = Date.parse('2026-01-15T10:00:00Z');
const DAY_MS = 86_400_000;

/**
 * A `serve` with a store on disk, whose process is killed and started again while senders send scans. Requests, kills, files and
 * deliveries are real; the clock is the test's, so that windows of an hour close within minutes.
 */
export class CrashTest implements AsyncDisposable {
  readonly #random: Random;
  readonly #sink: CrashSink;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sidewatch-crash-'));
  readonly #config = join(this.#folder, 'sidewatch.yaml');
  readonly #requests: LoadRequest[] = [];
  readonly #waiting = new Set<LoadRequest>();
  #child: CrashChild | undefined;
  /** Resolves with the next child. */
  #next = Promise.withResolvers<CrashChild>();
  #clock = BEGIN;
  #startTook = 2000;
  /** Requests of this round that were not begun. */
  #left = 0;
  #round = Promise.withResolvers<void>();
  /** Resolves when senders begin no more requests. */
  readonly #end = Promise.withResolvers<void>();
  #ended = false;
  #onAnswer = () => {};
  readonly #loads: readonly Load[];
  readonly figures = {
    rounds: 0,
    kills: 0,
    stops: 0,
    accepted: 0,
    retries: 0,
    moments: new Map<string, number>(),
  };

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#sink = new CrashSink(seeded(seed + 1));
    this.#loads = Array.from({ length: SENDERS }, (_, i) => new Load(seeded(seed + 2 + i), i));
  }

  get sink(): CrashSink {
    return this.#sink;
  }

  get log(): readonly string[] {
    return this.#child?.log ?? [];
  }

  get folder(): string {
    return this.#folder;
  }

  async run(rounds: number): Promise<readonly string[]> {
    await this.#sink.listen();
    writeFileSync(this.#config, this.#yaml);
    const senders = Promise.all(this.#loads.map((load) => this.#sending(load)));
    const failed = senders.then(() => new Promise<never>(() => {}));
    for (let round = 1; round <= rounds; round++) {
      await Promise.race([within(this.#oneRound(), `round ${round}`), failed]);
      if (round % SHOWN_EVERY === 0) process.stdout.write(`${round} rounds\n`);
    }
    await Promise.race([within(this.#last(senders), 'the end'), failed]);
    return differences(this.#sink.arrived, await expectedOf(this.#requests, this.#rules));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
    await this.#sink.close();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #rules(): string {
    const own = new URL('./rules.yml', import.meta.url).pathname;
    return `rules:
  packs: [sidewatch, escu]
  files: [${JSON.stringify(own)}]
  overrides:
    - {rule: escu_kubernetes_scanning_by_unauthenticated_ip_address, enabled: true}
    # Its time is that of arrivals, which are others after a crash.
    - {rule: kubernetes_audit_silence, enabled: false}
`;
  }

  get #yaml(): string {
    return `${this.#rules}
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
storage: {kind: sqlite, directory: ${JSON.stringify(join(this.#folder, 'store'))}}
destinations:
  sink: {endpoint: "${this.#sink.url}", retry_on_failure: {initial_interval: 20ms, max_interval: 100ms}, sending_queue: {batch: {max_size: 100}}}
telemetry: {logs: {detections: off}, metrics: {endpoint: "127.0.0.1:0"}}
`;
  }

  async #oneRound(): Promise<void> {
    const moment = momentOf(this.#random, REQUESTS, this.#startTook);
    const { moments } = this.figures;
    const name = moment.kind === 'call' ? moment.order.call : moment.kind;
    moments.set(name, (moments.get(name) ?? 0) + 1);
    this.figures.rounds++;
    this.#left = REQUESTS;
    this.#round = Promise.withResolvers();
    const child = this.#start(moment);
    await this.#until(child, moment);
    if (moment.kind === 'stop') {
      child.signal('SIGTERM');
      await Promise.race([child.ended, pause(moment.ms)]);
    }
    if (!child.hasEnded) child.signal('SIGKILL');
    const end = await child.ended;
    if (end === 'SIGKILL') this.figures.kills++;
    else if (moment.kind === 'stop' && end === 0) this.figures.stops++;
    else throw new Error(`serve ended by itself (${end})`);
    if (this.#random.below(AWAY_ONCE_IN) === 0) this.#clock += this.#random.below(AWAY_MS);
    else this.#move(this.#random.below(BEHIND_MS));
  }

  #start(moment?: Moment): CrashChild {
    const child = new CrashChild({
      config: this.#config,
      now: this.#clock,
      snapshotAfter: SNAPSHOT_AFTER,
      die: moment?.kind === 'call' ? moment.order : undefined,
    });
    this.#child = child;
    this.#next.resolve(child);
    this.#next = Promise.withResolvers();
    return child;
  }

  /** Resolves at the moment, or earlier where all requests of the round are accepted. */
  async #until(child: CrashChild, moment: Moment): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (moment.kind === 'start') await Promise.race([pause(moment.ms), child.ended]);
    else {
      await child.url;
      let [answers, deliveries] = [0, 0];
      if (moment.kind === 'time') void pause(moment.ms).then(resolve);
      this.#onAnswer = () => void (moment.kind === 'answer' && ++answers === moment.nth && resolve());
      this.#sink.onRequest = () =>
        void (moment.kind === 'delivery' && ++deliveries === moment.nth && resolve());
      await Promise.race([promise, this.#round.promise, child.ended]);
      this.#onAnswer = () => {};
      this.#sink.onRequest = () => {};
    }
  }

  /** One sender: one request after the other, each until it is accepted. */
  async #sending(load: Load): Promise<void> {
    while (!this.#ended) {
      if (this.#left === 0) {
        if (this.#waiting.size === 0) this.#round.resolve();
        await Promise.race([this.#next.promise, this.#end.promise]);
        continue;
      }
      this.#left--;
      this.#move(this.#random.below(STEP_MS));
      const request = load.next((this.#clock * 1000) as Micros);
      this.#requests.push(request);
      this.#waiting.add(request);
      await this.#deliver(request);
      this.#waiting.delete(request);
      this.figures.accepted++;
      this.#onAnswer();
    }
  }

  async #deliver(request: LoadRequest): Promise<void> {
    for (;;) {
      const child = this.#child && !this.#child.hasEnded ? this.#child : await this.#next.promise;
      if ((await child.url) === undefined) continue;
      request.attempts++;
      const status = await child.send(request.bytes);
      if (status === 200) return;
      // Refused before anything was recorded.
      if (status === 429) request.attempts--;
      else if (status !== undefined && status !== 503)
        throw new Error(`serve answered ${status} to a request`);
      this.figures.retries++;
      // As a collector does: it would ask a process that ends in a circle.
      await pause(20);
    }
  }

  /** Moves the clock on, by at most so much. */
  #move(ms: number): void {
    const oldest = Math.min(...Array.from(this.#waiting, ({ at }) => at / 1000));
    this.#clock = Math.max(this.#clock, Math.min(this.#clock + ms, oldest + BEHIND_MS));
    this.#child?.tell({ kind: 'clock', now: this.#clock });
  }

  /** All that waits is accepted, all windows close, all is delivered; then the process stops. */
  async #last(senders: Promise<unknown>): Promise<void> {
    this.#left = 0;
    this.#sink.failing = false;
    const child = this.#start();
    await child.url;
    this.#ended = true;
    this.#end.resolve();
    await Promise.race([senders, child.ended]);
    this.#clock += 40 * DAY_MS;
    child.tell({ kind: 'clock', now: this.#clock });
    while ((await child.metric('sidewatch_groups')) + (await child.metric('sidewatch_outbox_size')) > 0)
      await pause(50);
    child.signal('SIGTERM');
    const end = await child.ended;
    if (end !== 0) throw new Error(`serve ended with ${end}`);
    const store = await openStore(join(this.#folder, 'store'));
    if ('why' in store) throw new Error(store.why);
    const waiting = [...(await store.waiting())];
    await store.close();
    if (waiting.length > 0)
      throw new Error(`risk events wait that nothing delivers: ${JSON.stringify(waiting)}`);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${what} takes longer than ${PATIENCE_MS} ms`)),
    PATIENCE_MS,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
