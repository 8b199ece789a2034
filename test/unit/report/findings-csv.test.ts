import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../../src/lib/csv.ts';
import { Findings } from '../../../src/report/findings.ts';
import { csvCell, findingsCsv } from '../../../src/report/findings-csv.ts';
import { riskEventOf } from './risk-event-of.ts';

describe('a cell', () => {
  test.each([
    ['plain', 'plain'],
    ['a, "b"', '"a, ""b"""'],
    ['=cmd|x', "'=cmd|x"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1),2', '"\'@SUM(A1),2"'],
    ['  =1', "'  =1"],
    ['\u3000=1', "'\u3000=1"],
    // Where a comma is the sign of decimals, a semicolon begins the next cell.
    ['a;=1;b', "a;'=1;b"],
    ['a; @b', "a;' @b"],
    ['a-1; b=2', 'a-1; b=2'],
    ['\t=1', '\\u0009=1'],
    ['two\nlines', 'two\\u000alines'],
    [-5, '-5'],
    [true, 'true'],
    [undefined, ''],
  ])('%j', (value, text) => {
    expect(csvCell(value)).toBe(text);
  });
});

test('a finding is one line, which reads back', () => {
  const findings = new Findings([riskEventOf.rule]);
  findings.add(
    riskEventOf('one', {
      body: 'hello, "=world"\r\nand all',
      attributes: { 'user.name': '=HYPERLINK("http://x")', 'client.geo.country.name': 'Norway' },
    }),
  );
  const text = findingsCsv(findings.list());
  expect(text.split('\r\n')).toHaveLength(3);
  const [names, cells] = parseCsv(text).map((row) => row.cells);
  const row = Object.fromEntries(names!.map((name, i) => [name, cells![i]]));
  expect(row).toMatchObject({
    level: 'medium',
    count: '6',
    count_exact: 'false',
    message: 'hello, "=world"\\u000d\\u000aand all',
    user: `'=HYPERLINK("http://x")`,
    place: 'Norway',
    first_seen: '2026-01-15T10:00:00.000000Z',
    detection_ids: 'one',
  });
});
