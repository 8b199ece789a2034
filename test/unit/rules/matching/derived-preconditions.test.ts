import { expect, test } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { derive } from '../../../../src/enrich/derive.ts';
import { networks } from '../../../../src/lib/networks.ts';
import type { Matcher } from '../../../../src/model/rule.ts';
import type { Expression } from '../../../../src/rules/detection/expression.ts';
import { preconditionAlternatives } from '../../../../src/rules/matching/index-preconditions.ts';
import { compileMatcher, fieldNeeds } from '../../../../src/rules/matching/matcher.ts';
import { ACTIONS } from '../../../../src/semantics/request-verbs.ts';
import { compilePlainMatcher } from '../../../support/plain-matcher.ts';
import { turn } from '../../enrich/turn.ts';

const did = (...actions: string[]): Expression => ({
  kind: 'field',
  field: 'request.action',
  any: actions.map((text) => ({ kind: 'equal', text })),
});

const guards = (expression: Expression) =>
  preconditionAlternatives(expression).map((own) =>
    Object.fromEntries([...own].map(([field, of]) => [field, [...of]])),
  );

test('what a request did is looked up by its verb, and a connection by its subresource', () => {
  expect(guards(did('create'))).toEqual([{ verb: ['create', 'update', 'patch'] }]);
  expect(guards(did('patch', 'delete'))).toEqual([{ verb: ['patch', 'delete', 'deletecollection'] }]);
  expect(guards(did('create', 'connect'))).toEqual([
    { verb: ['create', 'update', 'patch'] },
    { 'objectRef.subresource': ['exec', 'attach', 'portforward', 'proxy'] },
  ]);
});

test('a command is looked up by the subresource', () => {
  const runs = {
    kind: 'field',
    field: 'process.command_line',
    any: [{ kind: 'regex', source: 'nc', flags: 0 }],
  };
  expect(guards(runs as Expression)).toEqual([{ 'objectRef.subresource': ['exec', 'attach', 'proxy'] }]);
  expect(guards({ kind: 'null', field: 'process.command_line' })).toEqual([{}]);
});

test('an action that does not exist guards nothing, and neither does a pattern', () => {
  expect(guards(did('apply'))).toEqual([{}]);
  expect(
    guards({ kind: 'field', field: 'request.action', any: [{ kind: 'regex', source: 'c', flags: 0 }] }),
  ).toEqual([{}]);
});

test('no request is lost by that, whatever its verb, subresource and answer', () => {
  const ran = [{ kind: 'regex', source: 'sh', flags: 0 } as const];
  const bases = [
    ...ACTIONS.map((action) => ({ id: action, expression: did(action) })),
    { id: 'two', expression: did('connect', 'delete') },
    { id: 'none', expression: { kind: 'not', of: did(...ACTIONS) } as const },
    { id: 'runs', expression: { kind: 'field', field: 'process.command_args', any: ran } as const },
    { id: 'dry', expression: { kind: 'exists', field: 'request.dry_run' } as const },
  ];
  const plan = compilePlan([...fieldNeeds(bases), { path: 'sourceIPs', literals: [] }]);
  const derived = derive({ geo: { locate: () => undefined }, trusted: networks([]) }, plan);
  const found = (matcher: Matcher, event: object): string[] => {
    const ids: string[] = [];
    turn(event, plan, (reader) => matcher.match(reader, derived, (id) => ids.push(id)));
    return ids;
  };
  const plain = compilePlainMatcher(bases, plan);
  const indexed = compileMatcher(bases, plan);
  const seen = new Set<string>();
  for (const verb of ['create', 'Update', 'patch', 'delete', 'deletecollection', 'get', '', undefined])
    for (const subresource of ['exec', 'attach', 'portforward', 'proxy', 'token', 'status', '', undefined])
      for (const code of [200, 201, 403, undefined])
        for (const query of ['?command=sh', '?dryRun=All']) {
          const event = {
            ...{ auditID: 'a', stage: 'Panic', verb, objectRef: { subresource }, requestURI: `/x${query}` },
            responseStatus: { code },
          };
          const expected = found(plain, event);
          for (const id of expected) seen.add(id);
          expect(found(indexed, event), JSON.stringify(event)).toEqual(expected);
        }
  expect([...seen].sort()).toEqual(bases.map(({ id }) => id).sort());
});
