import { expect, test } from 'vitest';
import { samplesOf } from './prometheus-text.ts';

const HEAD = '# HELP a_total what\n# TYPE a_total counter\n';

test('the reader of the tests reads samples', () => {
  expect(samplesOf(`${HEAD}a_total{x="1\\n\\"\\\\",y=""} 2.5e+3\na_total 1\n`)).toEqual([
    { name: 'a_total', labels: { x: '1\n"\\', y: '' }, value: 2500 },
    { name: 'a_total', labels: {}, value: 1 },
  ]);
});

test.each([
  ['a_total 1\n', /does not belong/],
  [`${HEAD}a_total 1`, /no end/],
  [`${HEAD}a_total 1\na_total 2\n`, /twice/],
  [`${HEAD}b_total 1\n`, /does not belong/],
  [`${HEAD}a_total{x="a"b"} 1\n`, /not a sample/],
  [`${HEAD}a_total{x="\\q"} 1\n`, /not a sample/],
  [`${HEAD}a_total{x.y="1"} 1\n`, /not a sample/],
  [`${HEAD}a_total{x="1" y="1"} 1\n`, /not a sample/],
  [`${HEAD}a_total{x="1",x="2"} 1\n`, /not a sample/],
  [`${HEAD}a_total one\n`, /not a sample/],
  [`${HEAD}${HEAD}`, /two places/],
  ['# HELP a what\n# TYPE a counter\na 1\n', /without _total/],
  [`${HEAD}# UNIT a_total {record}\n`, /a comment/],
] as const)('and refuses %j', (text, why) => {
  expect(() => samplesOf(text)).toThrow(why);
});
