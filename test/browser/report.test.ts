import { execFileSync } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, watchedPage } from './chromium.ts';
import { madeReport, pageFolder } from './made-report.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

const folder = pageFolder();
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  folder[Symbol.dispose]();
});

/** Names of the detections in the table, in its order. */
const names = (page: Page) => page.locator('.detections .opens').allTextContents();
const status = (page: Page) => page.getByRole('status').textContent();

/** Moves the focus as a person without a mouse does. */
async function tabTo(
  page: Page,
  name: RegExp | string,
  role: 'button' | 'searchbox' | 'checkbox',
): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  for (let i = 0; i < 300; i++) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((one) => one === one.ownerDocument.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

const THREE = madeReport([
  { user: 'alice', level: 'high', title: 'Secrets read', minute: 0, agent: 'kubectl', auditId: 'aaaa-1111' },
  { user: 'bob', level: 'low', title: 'Pods listed', minute: 30 },
  { user: 'carol', level: 'critical', title: 'Node shell', minute: 60 },
]);

describe('a report of recorded logs', () => {
  let address = '';
  beforeAll(() => {
    const args = ['src/main.ts', 'replay', '--output', 'html', 'test/captures/metadata'];
    const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8 } as const;
    address = folder.write(
      execFileSync(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  });
  const open = async (options = {}) => {
    const watched = await watchedPage(browser, options);
    await watched.page.goto(address);
    return watched;
  };

  test('opens without a complaint and asks for nothing', async () => {
    const { page, complaints, requests } = await open();
    expect((await names(page)).length).toBe(50);
    await page.locator('.opens').first().click();
    expect(await page.locator('.evidence').textContent()).toMatch(
      /Audit-IDs[\s\S]*Known to be harmless|Known to be harmless/,
    );
    expect(await page.locator('canvas').count()).toBe(2);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([address]);
    await page.close();
  });

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('fits %i pixels, %s', async (width, colorScheme) => {
    const { page } = await open({ viewport: { width, height: 900 }, colorScheme });
    await page.locator('.opens').first().click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const marks = await page.locator('canvas').first().evaluate(colourCount, undefined);
    expect(marks).toBeGreaterThan(2);
    await page.close();
  });
});

/** How many colours a canvas has: marks of several levels, and not only a grid. */
function colourCount(canvas: unknown): number {
  const { width, height, getContext } = canvas as {
    width: number;
    height: number;
    getContext(kind: '2d'): {
      getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
    };
  };
  const { data } = getContext.call(canvas, '2d').getImageData(0, 0, width, height);
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] === 217) counts.set(`${data[i]},${data[i + 1]},${data[i + 2]}`, 1);
  return counts.size;
}

test('a browser runs only the scripts of the report', async () => {
  const { page, complaints } = await watchedPage(browser);
  await page.goto(
    folder.write(
      THREE.replace(
        '<main>',
        '<main><script>document.title = "changed"</script><img src="https://example.org/x.png">',
      ),
    ),
  );
  expect(await page.title()).toBe('Sidewatch report');
  expect(complaints.filter((line) => line.includes('Content Security Policy')).length).toBeGreaterThan(1);
  await page.close();
});

describe('with the keyboard alone', () => {
  test('levels, search, sort and evidence work', async () => {
    const { page, complaints } = await watchedPage(browser);
    await page.goto(folder.write(THREE));
    expect(await names(page)).toEqual(['Node shell', 'Secrets read', 'Pods listed']);
    expect(await status(page)).toBe('3 of 3 rows');

    await tabTo(page, /critical/, 'checkbox');
    await page.keyboard.press('Space');
    expect(await names(page)).toEqual(['Secrets read', 'Pods listed']);
    expect(await status(page)).toBe('2 of 3 rows');

    await tabTo(page, /Search/, 'searchbox');
    await page.keyboard.type('KUBECTL aaaa');
    expect(await names(page)).toEqual(['Secrets read']);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');

    await tabTo(page, 'First seen', 'button');
    await page.keyboard.press('Enter');
    expect(await names(page)).toEqual(['Secrets read', 'Pods listed']);
    await page.keyboard.press('Enter');
    expect(await names(page)).toEqual(['Pods listed', 'Secrets read']);
    const sorted = page.locator('th[aria-sort=descending]');
    expect(await sorted.textContent()).toBe('First seen');
    expect(await page.locator('thead th').count()).toBe(6);

    const row = page.locator('.opens', { hasText: 'Secrets read' });
    // From the last head of the table over the row of the other detection.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await row.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    expect(await row.getAttribute('aria-expanded')).toBe('true');
    const evidence = page.locator(`#${await row.getAttribute('aria-controls')}`);
    const text = await evidence.textContent();
    for (const part of [
      'alice was seen with kubectl',
      'aaaa-1111',
      'What it is.',
      'A backup.',
      'javascript:alert(1)',
    ])
      expect(text).toContain(part);
    const links = await evidence
      .getByRole('link')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links).toEqual([
      'https://attack.mitre.org/techniques/T1552/007/',
      'https://attack.mitre.org/tactics/TA0007/',
      'https://example.org/more',
    ]);
    await page.keyboard.press('Enter');
    expect(await evidence.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the span of time goes down and up again', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(folder.write(THREE));
    await tabTo(page, 'Zoom in', 'button');
    await page.keyboard.press('Enter');
    expect(await names(page)).toEqual(['Pods listed']);
    expect(await status(page)).toMatch(/^1 of 3 rows, \S+ 10:1\d:\d\d to 10:4\d:\d\d$/);
    await tabTo(page, 'Later', 'button');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await names(page)).toContain('Node shell');
    await tabTo(page, 'All', 'button');
    await page.keyboard.press('Enter');
    expect(await status(page)).toBe('3 of 3 rows');
    await page.close();
  });
});

describe('with a mouse', () => {
  test('a drag over the timeline zooms in, a double click shows all again, a click on a mark opens it', async () => {
    const { page, complaints } = await watchedPage(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(folder.write(THREE));
    const over = page.locator('.u-over').first();
    await over.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await over.boundingBox())!;
    const middle = y + height / 2;
    await page.mouse.move(x + width * 0.3, middle);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.7, middle, { steps: 5 });
    await page.mouse.up();
    expect(await names(page)).toEqual(['Pods listed']);
    await page.mouse.dblclick(x + width * 0.25, middle);
    expect(await status(page)).toBe('3 of 3 rows');
    // The mark of the last detection, in the first row: 2 % of room before the end.
    const mark = [x + width * (1 - 0.02 / 1.04), y + height / 6] as const;
    await page.mouse.move(...mark);
    expect(await page.locator('.tip').textContent()).toContain('Node shell');
    await page.mouse.click(...mark);
    expect(await page.locator('.evidence .message').allTextContents()).toEqual(['carol was seen with curl']);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

test.each([
  ['the end of a script', '</script><script>alert(1)</script>'],
  ['an image with a handler', '<img src=x onerror=alert(1)>'],
  ['a comment that hides a script', '<!--<script>'],
  ['ends of lines of JavaScript', 'a\u2028alert(1)\u2029b'],
  ['marks of direction', '\u202egpj.exe\u202c\u200f'],
  ['a handler in quotes', `"' onfocus="alert(1)" autofocus x="`],
  ['half a character', 'a\ud800b'],
  ['a template', '${alert(1)} {{1+1}} `'],
])('hostile text is text: %s', async (_, text) => {
  const { page, complaints, requests } = await watchedPage(browser);
  const made = { user: text, agent: text, auditId: text, title: text, minute: 0 };
  const address = folder.write(
    madeReport([made], {
      title: text,
      description: text,
      falsePositives: [text],
      references: [text],
      source: text,
      ruleset: text,
    }),
  );
  await page.goto(address);
  await page.locator('.opens').click();
  const shown = (await page.locator('main').textContent())!;
  const visible = text.replace(
    /[\u2028\u2029\u202e\u202c\u200f\ud800]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16)}`,
  );
  // Title, message, who, values, description, ...
  expect(shown.split(visible).length).toBeGreaterThan(10);
  expect(await page.locator('img, main script, iframe, [onerror], [onfocus]').count()).toBe(0);
  expect(complaints).toEqual([]);
  expect(requests).toEqual([address]);
  await page.close();
});

test('5,000 detections are in the page a part at a time', async () => {
  const many = Array.from({ length: 5_000 }, (_, i) => ({
    user: `user-${i % 400}`,
    level: (['informational', 'low', 'medium', 'high', 'critical'] as const)[i % 5]!,
    title: `Rule ${i % 30}`,
    minute: i,
    auditId: `audit-${i}-x`,
  }));
  const { page, complaints } = await watchedPage(browser);
  await page.goto(folder.write(madeReport(many)));
  const elements = () => page.evaluate<number>("document.querySelectorAll('*').length");
  expect(await status(page)).toBe('5,000 of 5,000 rows');
  expect(await names(page)).toHaveLength(50);
  expect(await elements()).toBeLessThan(2_000);

  await page.getByRole('button', { name: 'Next' }).click();
  expect(await page.locator('.where').textContent()).toBe('51 to 100 of 5,000');
  await page.getByRole('button', { name: 'Hits' }).click();
  expect(await page.locator('td.count').first().textContent()).toBe('5,000');
  await page.getByRole('searchbox').fill('audit-77-x');
  expect(await names(page)).toEqual(['Rule 17']);
  await page.getByRole('searchbox').fill('user-7 ');
  expect(await elements()).toBeLessThan(2_000);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a report without detections says so', async () => {
  const { page, complaints } = await watchedPage(browser);
  await page.goto(folder.write(madeReport([])));
  expect(await page.locator('main').textContent()).toContain('No detection fired.');
  expect(complaints).toEqual([]);
  await page.close();
});
