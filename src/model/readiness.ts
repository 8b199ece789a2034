/** Whether the service can do its work now, for health checks. */
export interface Readiness {
  now(): ReadinessState;
  /** Calls `listener` after each change. The result ends this; twice is fine. */
  changed(listener: () => void): () => void;
}

export interface ReadinessState {
  readonly ready: boolean;
  /** Why it is not ready, each for people. Empty where it is. */
  readonly reasons: readonly string[];
}
