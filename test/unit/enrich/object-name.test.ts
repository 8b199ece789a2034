import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { networks } from '../../../src/lib/networks.ts';
import { sourcesOf } from '../../../src/semantics/derived-sources.ts';
import { geo, turn } from './turn.ts';

const plan = compilePlan([...DERIVE_NEEDS, ...sourcesOf('object.name')]);
const derived = derive({ geo, trusted: networks([]) }, plan);

const reference = { objectRef: { resource: 'pods', name: 'a' } };
const answered = { responseObject: { kind: 'Pod', metadata: { name: 'b', generateName: 'b-' } } };
const asked = { requestObject: { kind: 'Pod', metadata: { name: 'c' } } };
const generated = { requestObject: { kind: 'Pod', metadata: { generateName: 'd-' } } };

test.each([
  ['the one of the URL', { ...reference, ...answered, ...asked }, 'a'],
  ['else the one in the answer', { ...answered, ...asked }, 'b'],
  ['that of an answer to a generated name', { ...answered, ...generated }, 'b'],
  ['else the one in the body', { objectRef: { name: '' }, ...asked }, 'c'],
  ['else how it begins', { objectRef: {}, ...generated }, 'd-*'],
  ['none', { objectRef: { name: null }, requestObject: { metadata: {} } }, undefined],
  ['none in a list', { responseObject: { kind: 'PodList', metadata: {} } }, undefined],
])("an object's name is %s", (_, event, name) => {
  turn({ auditID: 'a', stage: 'ResponseComplete', ...event }, plan, (reader) => {
    expect(derived.count('object.name', reader)).toBe(name === undefined ? 0 : 1);
    expect(derived.value('object.name', reader, 0)).toBe(name);
  });
});
