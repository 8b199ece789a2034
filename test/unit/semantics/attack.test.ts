import { expect, test } from 'vitest';
import { PACKS } from '../../../src/model/packs.ts';
import { tacticId, tacticName, tactics, techniqueName, techniques } from '../../../src/semantics/attack.ts';
import { bundledRules } from '../../support/bundled-rules.ts';

test('tags name tactics and techniques; other tags are neither', () => {
  const tags = [
    'attack.discovery',
    'attack.credential_access',
    'attack.credential-access',
    'attack.t1046',
    'attack.T1046.001',
    'attack.g0010',
    'attack.s0154',
    'cve.2024-1234',
    't1059',
    'attack.',
  ];
  expect(tactics(tags)).toEqual(['discovery', 'credential-access']);
  expect(techniques(tags)).toEqual(['T1046', 'T1046.001']);
});

test.each([
  ['T1046', 'Network Service Discovery'],
  ['T1552.007', 'Unsecured Credentials: Container API'],
  ['T1046.001', 'T1046.001'],
])('%s is called %s', (id, name) => {
  expect(techniqueName(id)).toBe(name);
});

test.each(PACKS)('every technique that a rule of %s names has a name', (pack) => {
  const named = [...bundledRules(pack).values()].flatMap(({ tags }) => techniques(tags));
  expect(named.length).toBeGreaterThan(0);
  expect([...new Set(named)].filter((id) => techniqueName(id) === id)).toEqual([]);
});

test.each([
  ['discovery', 'Discovery'],
  ['command-and-control', 'Command and Control'],
  ['stealing', 'stealing'],
])('tactic %s is called %s', (tactic, name) => {
  expect(tacticName(tactic)).toBe(name);
});

test('a tactic has an id', () => {
  expect(tacticId('discovery')).toBe('TA0007');
  expect(tacticId('stealing')).toBeUndefined();
});
