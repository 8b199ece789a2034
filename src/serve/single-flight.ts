/** Runs a step that may take longer than the time between two calls: `begin` does nothing while the step is running. */
export function singleFlight(
  step: () => Promise<unknown>,
  onFailure: (error: Error) => void,
): { begin(): void; settled(): Promise<void> } {
  let running: Promise<void> | undefined;
  return {
    begin() {
      running ??= step()
        .catch(onFailure)
        .then(() => {
          running = undefined;
        });
    },
    async settled() {
      await running;
    },
  };
}
