import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { blindRules } from './support/blind-rules.ts';
import { PROVIDER_LOGS } from './support/provider-logs.ts';

// The pages of managed clusters list the rules that find nothing there.

const COMMAND = 'DOCS=update npx --no vitest -- run --config test/vitest.config.ts test/blind-rules.test.ts';
const ROOT = new URL('..', import.meta.url).pathname;
const BLOCK = /(<!-- blind: (\S+) (\S+) -->\n)[^<]*(<!-- end of blind -->)/g;

const read = (page: string): string => readFileSync(`${ROOT}${page}`, 'utf8');
const PAGES = globSync('docs/installing/*.md', { cwd: ROOT }).filter((page) =>
  read(page).includes('<!-- blind:'),
);

const packs: Record<string, Awaited<ReturnType<typeof blindRules>>> = {};
beforeAll(async () => {
  for (const pack of ['sidewatch', 'escu'])
    packs[pack] = await blindRules(pack, { whole: (event) => event, ...PROVIDER_LOGS });
});

test.each(['sidewatch', 'escu'])('no rule of %s is blind where every event is there', (pack) => {
  expect(packs[pack]!.get('whole')).toEqual([]);
});

/** The page with its lists as the rules are now. */
const withLists = (text: string): string =>
  text.replace(BLOCK, (_, begin, pack, log, end) => {
    const names = packs[pack]!.get(log)!.map((name) => `\`${name}\``);
    return `${begin}${names.join(', ')}\n${end}`;
  });

describe.each(PAGES)('%s', (page) => {
  test('lists the rules that are blind', () => {
    const now = withLists(read(page));
    if (process.env['DOCS'] === 'update' && !process.env['CI']) writeFileSync(`${ROOT}${page}`, now);
    expect(read(page), `the rules have changed; write it anew: ${COMMAND}`).toBe(now);
  });
});

test('each log is in a page', () => {
  const found = PAGES.flatMap((page) => [...read(page).matchAll(BLOCK)]).map(([, , , log]) => log);
  expect(new Set(found)).toEqual(new Set(Object.keys(PROVIDER_LOGS)));
});
