import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { networks } from '../../../src/lib/networks.ts';
import { sourcesOf } from '../../../src/semantics/derived-sources.ts';
import { geo, turn } from './turn.ts';

const plan = compilePlan([...DERIVE_NEEDS, ...sourcesOf('request.outcome')]);
const derived = derive({ geo, trusted: networks([]) }, plan);

test.each([
  [200, 'allowed'],
  [101, 'allowed'],
  [400, 'refused (HTTP 400)'],
  [403, 'refused (HTTP 403)'],
  [500, 'refused (HTTP 500)'],
  [504, 'unknown (HTTP 504)'],
  [0, undefined],
  [undefined, undefined],
  ['junk', undefined],
])('the outcome of an answer of %j is %j', (code, outcome) => {
  turn({ auditID: 'a', stage: 'ResponseComplete', responseStatus: { code } }, plan, (reader) => {
    expect(derived.count('request.outcome', reader)).toBe(outcome === undefined ? 0 : 1);
    expect(derived.value('request.outcome', reader, 0)).toBe(outcome);
  });
});
