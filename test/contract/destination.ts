import { describe, expect, test } from 'vitest';
import type { Destination } from '../../src/model/risk.ts';
import { aRiskEvent } from '../unit/export/loopback.ts';

/** What is at the other end: it accepts what is sent, stands still, or is not there. */
export type OtherEnd = 'takes' | 'stands still' | 'is gone';

/** What every Destination promises. `make` gives one with such an other end; `arrived(n)` waits for `n` uids there. */
export function destinationContract(
  name: string,
  make: (
    end: OtherEnd,
  ) => Promise<
    AsyncDisposable & { readonly destination: Destination; arrived(n: number): Promise<readonly string[]> }
  >,
): void {
  const NEVER = new AbortController().signal;
  // More bytes than a socket or a pipe holds.
  const many = Array.from({ length: 200 }, (_, i) => aRiskEvent(`uid-${i}`, { filler: 'x'.repeat(60_000) }));

  describe(`${name}: a destination`, () => {
    test('answers that events are delivered when the other end has them', async () => {
      await using made = await make('takes');
      expect(await made.destination.send(many, NEVER)).toEqual({ kind: 'delivered' });
      expect(await made.arrived(many.length)).toEqual(many.map(({ uid }) => uid));
    });

    test('takes one batch after another', async () => {
      await using made = await make('takes');
      for (const event of many.slice(0, 3)) await made.destination.send([event], NEVER);
      expect(await made.arrived(3)).toEqual(['uid-0', 'uid-1', 'uid-2']);
    });

    test('gives up an attempt when the signal aborts, without a rejection', async () => {
      await using made = await make('stands still');
      const stop = new AbortController();
      const sent = made.destination.send(many, stop.signal);
      setImmediate(() => stop.abort());
      expect(await sent).toMatchObject({ kind: 'retry' });
    });

    test('does not begin one that was given up before', async () => {
      await using made = await make('stands still');
      expect(await made.destination.send(many, AbortSignal.abort())).toMatchObject({ kind: 'retry' });
    });

    test('gives a reason where the other end is gone, without a rejection', async () => {
      await using made = await make('is gone');
      // What was written before the end was noticed may count as delivered; later attempts must not.
      let outcome = await made.destination.send(many, NEVER);
      while (outcome.kind === 'delivered') outcome = await made.destination.send(many, NEVER);
      expect(outcome.why).toMatch(/\w/);
    });

    test('names where it sends, and may be stopped twice', async () => {
      await using made = await make('takes');
      expect([made.destination.name, made.destination.target]).toEqual([
        expect.stringMatching(/\w/),
        expect.stringMatching(/\w/),
      ]);
      await made.destination.stop();
      await made.destination.stop();
    });
  });
}
