import type { Readiness, ReadinessState } from '../model/readiness.ts';

/** A reason why the service is not ready now; undefined where there is none. */
export type ReadinessCheck = () => string | undefined;

/** Ready is a service that has started, does not stop, and has no check with a reason against it. */
export class ServiceReadiness implements Readiness {
  readonly #checks: ReadinessCheck[] = [];
  readonly #listeners = new Set<() => void>();
  #phase: string | undefined;
  #shown: string;

  /** `phase`: why it is not ready while it starts. */
  constructor(phase: string) {
    this.#phase = phase;
    this.#shown = JSON.stringify(this.now());
  }

  /** What the service does in place of its work: it starts, or it stops. undefined: it works. */
  set phase(phase: string | undefined) {
    this.#phase = phase;
    this.review();
  }

  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  now(): ReadinessState {
    const reasons = [() => this.#phase, ...this.#checks].flatMap((check) => check() ?? []);
    return { ready: reasons.length === 0, reasons };
  }

  changed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at the checks, and calls the listeners if something has changed since the last look. Call it once a second. */
  review(): void {
    const shown = JSON.stringify(this.now());
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}
