import { setImmediate } from 'node:timers';
import type { Effects, Journal, Step } from '../correlate/journal.ts';
import type { Limits } from '../correlate/rule-windows.ts';
import { seconds } from '../lib/time-format.ts';
import type { Rule } from '../model/rule.ts';
import type { NotDurable } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
import { encodeBlock, encodeStep, ruleSetInit } from './codec.ts';
import type { Store, StoredEvent } from './store.ts';
import { StringTable } from './string-table.ts';

/** After a failed commit, until it is tried again. */
const TRY_AGAIN_AFTER = seconds(1);
/** When the sender of a request that is not durable should try again. */
const RETRY_AFTER = seconds(5);
/** What becomes durable in one transaction. */
class Batch {
  readonly number: number;
  readonly #steps: Uint8Array[] = [];
  #stepBytes = 0;
  readonly #table = new StringTable();
  readonly events: StoredEvent[] = [];
  readonly settled = new Map<string, number[]>();
  readonly #done = Promise.withResolvers<NotDurable | undefined>();

  constructor(number: number) {
    this.number = number;
  }

  /** About so many bytes of steps. */
  get bytes(): number {
    return this.#stepBytes + this.#table.size;
  }

  get isEmpty(): boolean {
    return this.#stepBytes === 0 && this.events.length === 0 && this.settled.size === 0;
  }

  /** Resolves when it is durable, or when its first commit has failed. */
  get done(): Promise<NotDurable | undefined> {
    return this.#done.promise;
  }

  answer(fault: NotDurable | undefined): void {
    this.#done.resolve(fault);
  }

  note(step: Step, effects: Effects): void {
    const bytes = encodeStep(step, effects, this.#table);
    this.#steps.push(bytes);
    this.#stepBytes += bytes.length;
  }

  commit(): Parameters<Store['commit']>[0] {
    const settled = Array.from(this.settled, ([to, seqs]) => ({ to, seqs }));
    const block = { number: this.number, bytes: encodeBlock(this.#steps, this.#table.strings) };
    return { ...(this.#stepBytes > 0 ? { block } : {}), events: this.events, settled };
  }
}

export interface WriterHooks {
  /** A commit has ended, so or so. */
  attempted(took: Ms, how: 'done' | 'failed'): void;
  /** A batch is durable. */
  committed(events: readonly StoredEvent[], settled: ReadonlyMap<string, readonly number[]>): void;
  /** A commit failed; it is tried again. */
  failed(why: string): void;
  /** Commits succeed again. */
  recovered(): void;
}

/**
 * Makes steps, and what they do to the outbox, durable in their order. One commit is under way at a time; what comes meanwhile
 * is the next one. A commit that fails is tried again until it succeeds, and until then nothing is answered OK.
 */
export class JournalWriter implements Journal {
  readonly #store: Store;
  readonly #hooks: WriterHooks;
  readonly #wait: (ms: Ms) => Promise<void>;
  readonly #clock: () => Ms;
  /** Batches that take nothing more, in order; the first may be under way. */
  readonly #closed: Batch[] = [];
  #open: Batch;
  #running: Promise<void> | undefined;
  #fault: NotDurable | undefined;
  /** The step that put the last rules in force. */
  #rules: string | undefined;
  /** Bytes of journal blocks since the last snapshot. */
  bytes = 0;

  /** `clock`: measures how long commits take. */
  constructor(store: Store, hooks: WriterHooks, clock: () => Ms, wait: (ms: Ms) => Promise<void> = realWait) {
    this.#store = store;
    this.#hooks = hooks;
    this.#wait = wait;
    this.#clock = clock;
    this.#open = new Batch(store.last.block + 1);
  }

  get fault(): NotDurable | undefined {
    return this.#fault;
  }

  note(step: Step, effects: Effects): void {
    if (step.kind === 'use') {
      const rules = ruleSetText(step.rules, step.limits);
      if (rules === this.#rules) return;
      this.#rules = rules;
    }
    this.#open.note(step, effects);
    this.#begin();
  }

  /** Rules that are in the journal already: to note them again would add nothing. */
  knows(rules: readonly Rule[], limits: Limits): void {
    this.#rules = ruleSetText(rules, limits);
  }

  add(event: StoredEvent): void {
    this.#open.events.push(event);
    this.#begin();
  }

  settle(to: string, seqs: readonly number[]): void {
    const known = this.#open.settled.get(to);
    if (known) known.push(...seqs);
    else this.#open.settled.set(to, [...seqs]);
    this.#begin();
  }

  /** Of these blocks and of all that is noted. */
  get bytesNow(): number {
    return [...this.#closed, this.#open].reduce((sum, batch) => sum + batch.bytes, this.bytes);
  }

  async durable(): Promise<NotDurable | undefined> {
    const last = this.#open.isEmpty ? this.#closed.at(-1) : this.#open;
    return this.#fault ?? last?.done;
  }

  /** Ends the block: all that was noted so far is in blocks up to this number, and all that comes is in later ones. */
  cut(): number {
    if (!this.#open.isEmpty) this.#close();
    return this.#open.number - 1;
  }

  /** Resolves when nothing is left to be made durable, or `by` aborts. */
  async flush(by: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) =>
      by.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (!by.aborted && this.#running) await Promise.race([this.#running, aborted]);
  }

  #close(): void {
    this.#closed.push(this.#open);
    this.#open = new Batch(this.#open.number + 1);
  }

  /** In a later turn, so that all of this turn is in one commit. */
  #begin(): void {
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#closed.length === 0) {
        if (this.#open.isEmpty) break;
        this.#close();
      }
      const batch = this.#closed[0]!;
      await this.#commit(batch);
      this.#closed.shift();
      this.bytes += batch.bytes;
      batch.answer(undefined);
      this.#hooks.committed(batch.events, batch.settled);
    }
    this.#running = undefined;
  }

  async #commit(batch: Batch): Promise<void> {
    const commit = batch.commit();
    for (;;) {
      const began = this.#clock();
      const fault = await this.#store.commit(commit);
      this.#hooks.attempted((this.#clock() - began) as Ms, fault === undefined ? 'done' : 'failed');
      if (fault === undefined) break;
      this.#fault = { retryAfter: RETRY_AFTER, why: `the store takes nothing: ${fault.why}` };
      for (const waiting of [...this.#closed, this.#open]) if (!waiting.isEmpty) waiting.answer(this.#fault);
      this.#hooks.failed(fault.why);
      await this.#wait(TRY_AGAIN_AFTER);
    }
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    // What was answered already must not answer requests to come.
    if (!this.#open.isEmpty) this.#close();
    this.#hooks.recovered();
  }
}

const ruleSetText = (rules: readonly Rule[], limits: Limits) => JSON.stringify(ruleSetInit(rules, limits));

function realWait(ms: Ms): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
