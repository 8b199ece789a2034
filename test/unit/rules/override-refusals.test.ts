import { describe, expect, test } from 'vitest';
import { faults } from './tunable.ts';

describe('is refused: an override', () => {
  test.each([
    ['of nothing', { score: 1 }, ' wants one of rule, tag, pack, has none of them'],
    ['of two kinds', { rule: 'read', tag: 'x', score: 1 }, ' wants one of rule, tag, pack, has rule and tag'],
    ['that changes nothing', { rule: 'read' }, ' changes nothing; wants one of enabled, level, score'],
    ['that is no map', 'read', ' wants a map, has "read"'],
    [
      'with an unknown key',
      { rule: 'read', threshhold: 3 },
      '.threshhold is not a key here; did you mean "threshold"?',
    ],
    [
      'with an unknown level',
      { rule: 'read', level: 'hihg' },
      '.level wants informational, low, medium, high or critical, has "hihg"; did you mean "high"?',
    ],
    [
      'with a score below nothing',
      { rule: 'read', score: -1 },
      '.score wants a whole number of at least 0, has -1',
    ],
    ['with no length of time', { rule: 'many', timespan: 'soon' }, '.timespan wants a length of time'],
    [
      'with a grouping that there is not',
      { rule: 'many', group: { multivalue: 'all' } },
      '.group.multivalue wants each, first, last or joined, has "all"',
    ],
    ['of names that are none', { rule: [1], score: 1 }, '.rule[0] wants text, has 1'],
    [
      'with a threshold for a rule without a number',
      { rule: 'read', threshold: 3 },
      '.threshold does not apply to "Title of read": it fires for each event and has no threshold',
    ],
    [
      'with a threshold that is no count',
      { rule: 'many', threshold: 0.5 },
      '.threshold does not apply to "Title of many": wants a whole number of at least 1, has 0.5',
    ],
    [
      'with a timespan of nothing',
      { rule: 'many', timespan: '0s' },
      '.timespan does not apply to "Title of many": wants more than 0',
    ],
    [
      'with a timespan that no window holds',
      { rule: 'many', timespan: '11y' },
      '.timespan does not apply to "Title of many": wants at most 10y',
    ],
    [
      'with a timespan for one event',
      { rule: 'read', timespan: '1h' },
      '.timespan does not apply to "Title of read": it fires for each event and has no timespan',
    ],
    [
      'with quiet for tumbling windows',
      { rule: 'tumbling', quiet: '1h' },
      '.quiet does not apply to "Title of tumbling": its windows are tumbling, and each fires once',
    ],
    [
      'with quiet of nothing',
      { rule: 'many', quiet: '0s' },
      '.quiet does not apply to "Title of many": wants more than 0',
    ],
    [
      'with quiet that a timespan holds too often',
      { rule: 'many', quiet: '5s' },
      '.quiet does not apply to "Title of many": wants at least a hundredth of the timespan (6s); make it longer,',
    ],
    [
      'with quiet of too many timespans',
      { rule: 'many', timespan: '1s', quiet: '168h' },
      '.quiet does not apply to "Title of many": wants at most 10000 timespans (10000s); make it shorter,',
    ],
    [
      'with an offset for sliding windows',
      { rule: 'many', offset: '1m' },
      '.offset does not apply to "Title of many": its windows are sliding and begin with a hit',
    ],
    [
      'with an offset of the timespan',
      { rule: 'tumbling', offset: '10m' },
      '.offset does not apply to "Title of tumbling": wants less than the timespan',
    ],
    [
      'with a timespan within the offset',
      { rule: 'tumbling', timespan: '5m' },
      '.timespan does not apply to "Title of tumbling": its offset wants less than the timespan',
    ],
    [
      'with groups for one event',
      { rule: 'read', group: { missing: 'drop' } },
      '.group does not apply to "Title of read": it fires for each event and has no groups',
    ],
    [
      'with a score for a rule that only counts',
      { rule: 'gone', score: 3 },
      '.score does not apply to "Title of gone": it fires only for "Title of many"; override that rule',
    ],
    [
      'with a score for a filter',
      { rule: 'known', score: 3 },
      '.score does not apply to "Known": a filter can only be turned off and on',
    ],
    [
      'of a tag whose rules all lack it',
      { tag: 'attack.read', quiet: '1h' },
      '.quiet does not apply to "Title of read": it fires for each event and has no windows',
    ],
  ])('%s', (_, override, message) => {
    const [fault, ...others] = faults({ pack: 'pack', score: 1 }, override);
    expect(fault?.startsWith(`rules.overrides[1]${message}`), fault).toBe(true);
    expect(others).toEqual([]);
  });

  test('of the timespan alone that holds the quiet of the rule too often', () => {
    expect(faults({ rule: 'many', quiet: '1h' }, { rule: 'many', timespan: '30d' })).toEqual([
      'rules.overrides[1].timespan does not apply to "Title of many": its quiet wants at least a hundredth of the timespan (25920s); make it longer, or the timespan shorter',
    ]);
  });
});
