import { expect, test } from 'vitest';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { watchedRender } from '../../../src/serve/watched-render.ts';

const RULES = [
  { id: 'sends', silent: false },
  { id: 'silent', silent: true },
] as Rule[];

function watched(rule: string, kind: Detection['kind'], events: readonly string[]) {
  const seen: unknown[] = [];
  const render = watchedRender(
    () => events.map((uid) => ({ uid }) as RiskEvent),
    RULES,
    (of, detection, event) => seen.push([of.id, detection.id, event.uid]),
  );
  expect(render({ id: 'd', rule, kind } as Detection).map(({ uid }) => uid)).toEqual(events);
  return seen;
}

test('a detection is watched once, however many risk objects it has', () => {
  expect(watched('sends', 'risk', ['a', 'b'])).toEqual([['sends', 'd', 'a']]);
});

test('what is not sent is not watched, and neither is a summary', () => {
  expect(watched('sends', 'risk', [])).toEqual([]);
  expect(watched('silent', 'risk', ['a'])).toEqual([]);
  expect(watched('sends', 'summary', ['a'])).toEqual([]);
});
