import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundledRules } from './support/bundled-rules.ts';
import { table } from './support/markdown.ts';
import { ADVICE } from './support/production/advice.ts';

// docs/false-alarms.md says what test/golden/production-week.test.ts knows. DOCS=update writes its tables anew.

const PAGE = new URL('../docs/false-alarms.md', import.meta.url);
const { RequestResponse: week } = JSON.parse(
  readFileSync(new URL('golden/production-week.json', import.meta.url), 'utf8'),
) as { RequestResponse: { requests: Record<string, number>; fired: Record<string, Record<string, number>> } };

const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'];

/** `[name](../rules/...)` */
function linked(rule: string): string {
  const file = FILES.get(rule);
  return file === undefined ? `\`${rule}\`` : `[${rule}](../${file})`;
}

const FILES = new Map(
  [...bundledRules('sidewatch').values()].map(({ file }) => [file.replace(/^.*\/|\.yml$/g, ''), file]),
);

/** Loudest first. */
const ROWS = Object.entries(week.fired)
  .flatMap(([rule, levels]) => Object.entries(levels).map(([level, count]) => ({ rule, level, count })))
  .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.count - a.count);

const FIRES = table(
  ['rule', 'level', 'a week', 'who', 'what to do'],
  ROWS.map(({ rule, level, count }) => {
    const { who, remedy } = ADVICE[rule]!;
    return [linked(rule), level, String(count), who, remedy];
  }),
  ['left', 'left', 'right'],
);

const firedBy = (...rules: readonly string[]) =>
  rules
    .flatMap((rule) =>
      Object.entries(week.fired[rule] ?? {}).map(([level, count]) => `${rule} ${level} ${count}`),
    )
    .join('<br>') || 'nothing';
const { requests } = week;

const REPORTS = table(
  ['report', 'there, in a week', 'requests of that kind in our week', 'what fires for them'],
  [
    [
      'anonymous health checks',
      'over 75,000 alerts',
      `${requests['healthChecks']} health checks`,
      firedBy('kubernetes_anonymous_access', 'kubernetes_api_scanning'),
    ],
    [
      'secret reads by service accounts and nodes',
      '42,892 alerts in three clusters',
      `${requests['secretGetsByAccounts']} gets and ${requests['secretListsByAccounts']} lists by service accounts, ${requests['secretsByNodes']} by nodes`,
      firedBy(
        'kubernetes_secrets_listed_everywhere',
        'kubernetes_secret_burst',
        'kubernetes_secret_listed_by_node',
        'kubernetes_secret_read_across_namespaces',
        'kubernetes_secret_read',
        'kubernetes_secret_read_by_unusual_agent',
      ),
    ],
  ],
);

test.each([
  ['<!-- made from ', FIRES],
  ['<!-- reports: ', REPORTS],
])('the table behind "%s" is what is known', (mark, expected) => {
  const text = readFileSync(PAGE, 'utf8');
  const found = new RegExp(`(${mark}[^\\n]*-->\\n\\n)((?:\\|.*\\n)*)`);
  if (process.env['DOCS'] === 'update' && !process.env['CI'])
    writeFileSync(
      PAGE,
      text.replace(found, (_, head: string) => `${head}${expected}`),
    );
  expect(found.exec(readFileSync(PAGE, 'utf8'))?.[2]).toBe(expected);
});

test('every rule that fires has its advice', () => {
  expect(Object.keys(week.fired).filter((rule) => ADVICE[rule] === undefined)).toEqual([]);
});
