/** What takes longer than until it is asked for again is not begun twice. */
export function singleFlight(
  step: () => Promise<unknown>,
  failed: (error: Error) => void,
): { begin(): void; settled(): Promise<void> } {
  let underWay: Promise<void> | undefined;
  return {
    begin() {
      underWay ??= step()
        .catch(failed)
        .then(() => {
          underWay = undefined;
        });
    },
    async settled() {
      await underWay;
    },
  };
}
