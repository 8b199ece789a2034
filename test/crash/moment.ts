import type { Order } from './orders.ts';
import type { Random } from './random.ts';

const CALLS = ['commit', 'take', 'snapshotPart', 'finishSnapshot', 'partAfter', 'blocksAfter'] as const;

/** When a round's `serve` is killed. */
export type Moment =
  | { readonly kind: 'start' | 'time' | 'stop'; readonly ms: number }
  | { readonly kind: 'answer' | 'delivery'; readonly nth: number }
  | { readonly kind: 'call'; readonly order: Extract<Order, { kind: 'die' }> };

/** `requests`: of a round; `start`: how long the last start took. */
export function momentOf({ below, of }: Random, requests: number, start: number): Moment {
  const kind = of(['start', 'time', 'stop', 'answer', 'answer', 'delivery', 'call', 'call', 'call'] as const);
  switch (kind) {
    case 'start':
      return { kind, ms: below(Math.round(1.2 * start)) };
    case 'time':
      return { kind, ms: below(1000) };
    case 'stop':
      return { kind, ms: below(600) };
    case 'call': {
      const call = of(CALLS);
      const nth = 1 + below(call === 'commit' || call === 'take' ? 60 : 2);
      return { kind, order: { kind: 'die', call, nth, after: below(2) * below(10) } };
    }
    default:
      return { kind, nth: 1 + below(kind === 'answer' ? requests : 10) };
  }
}
