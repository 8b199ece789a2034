import { expect } from 'vitest';
import type { Hit } from '../../src/model/hit.ts';
import type { Rule } from '../../src/model/rule.ts';
import { aState } from '../support/hits.ts';

/** Half of the hits are recorded; for the rest `preview` must give what they then fire, and change nothing. */
export async function previewGivesWhatFires(rule: Rule, hits: readonly Hit[]): Promise<void> {
  const bench = await aState([rule]);
  const middle = hits.length >> 1;
  for (const hit of hits.slice(0, middle)) await bench.give(hit);
  await bench.fired();
  const before = bench.state.held;
  const foreseen = (await bench.state.preview(hits.slice(middle))).filter((id) => id !== undefined);
  expect(bench.state.held).toEqual(before);
  await bench.give(...hits.slice(middle));
  const fired = (await bench.fired()).filter(({ kind }) => kind === 'risk').map(({ id }) => id);
  for (const id of foreseen) expect(fired).toContain(id);
  expect(foreseen.length > 0).toBe(fired.length > 0);
}
