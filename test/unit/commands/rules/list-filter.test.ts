import { expect, test } from 'vitest';
import { filteredList, type ListFilter } from '../../../../src/commands/rules/list-filter.ts';

const rule = (id: string, level: string, tags: readonly string[], ruleset = 'sidewatch') => ({
  id,
  name: `kubernetes_${id}`,
  title: `Title Of ${id}`,
  level,
  tags,
  ruleset,
  source: `rules/${id}.yml:1`,
});
const list = {
  hash: 'h',
  rules: [
    rule('scan', 'medium', ['attack.discovery', 'attack.t1046']),
    rule('bind', 'high', ['attack.persistence', 'attack.t1098.006'], 'mine.yml'),
    rule('note', 'low', ['attack.t10981']),
  ],
  off: [{ id: 'off', name: null, title: 'Off', source: 'rules/off.yml:1', why: 'overrides' }],
  filters: [{ id: 'filter', name: 'benign', title: 'Filter', source: 'rules/f.yml:1', rules: 2 }],
} as unknown as Parameters<typeof filteredList>[0];

test.each<[ListFilter, readonly string[]]>([
  [{}, ['scan', 'bind', 'note', 'off', 'filter']],
  [{ level: ['high', 'low'] }, ['bind', 'note']],
  [{ tag: 't1098' }, ['bind']],
  [{ tag: 'attack.T1098.006' }, ['bind']],
  [{ tag: 'discovery' }, ['scan']],
  [{ pack: 'mine.yml' }, ['bind']],
  [{ match: 'title of N' }, ['note']],
  [{ match: 'benign' }, ['filter']],
  [{ match: 'off.yml' }, ['off']],
  [{ match: 'scan', level: ['high'] }, []],
])('%o', (filter, ids) => {
  const { rules, off, filters } = filteredList(list, filter);
  expect([...rules, ...off, ...filters].map(({ id }) => id)).toEqual(ids);
});
