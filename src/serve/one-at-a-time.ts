/** A step that runs once at a time. */
export interface OneAtATime {
  /** Runs the step. Calls while it is running cause one more run, however many they are. Resolves when all of these have ended. */
  run(): Promise<void>;
  /** Prevents further runs; resolves when a running one has ended. */
  stop(): Promise<void>;
}

/** `step` must not reject. */
export function oneAtATime(step: () => Promise<void>): OneAtATime {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const repeat = async (): Promise<void> => {
    try {
      do {
        again = false;
        await step();
      } while (again && !stopped);
    } finally {
      running = undefined;
    }
  };
  return {
    run() {
      if (stopped) return Promise.resolve();
      if (running === undefined) running = repeat();
      else again = true;
      return running;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
