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
  const fired: unknown[] = [];
  const render = watchedRender(
    () => events.map((uid) => ({ uid }) as RiskEvent),
    RULES,
    (of, detection, event) => seen.push([of.id, detection.id, event.uid]),
    (of, all) => fired.push([of, ...all.map(({ uid }) => uid)]),
  );
  expect(render({ id: 'd', rule, kind } as Detection).map(({ uid }) => uid)).toEqual(events);
  return { seen, fired };
}

test('a detection is watched once, however many risk objects it has; all that is sent is seen', () => {
  expect(watched('sends', 'risk', ['a', 'b'])).toEqual({
    seen: [['sends', 'd', 'a']],
    fired: [['sends', 'a', 'b']],
  });
});

test('what is not sent is not watched, and a summary is only seen', () => {
  expect(watched('sends', 'risk', [])).toEqual({ seen: [], fired: [] });
  expect(watched('silent', 'risk', ['a'])).toEqual({ seen: [], fired: [] });
  expect(watched('sends', 'summary', ['a'])).toEqual({ seen: [], fired: [['sends', 'a']] });
});
