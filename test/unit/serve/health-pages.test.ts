import { expect, test } from 'vitest';
import { healthPages } from '../../../src/serve/health-pages.ts';
import { ServiceReadiness } from '../../../src/serve/service-readiness.ts';

async function answers(readiness: ServiceReadiness, fault?: string) {
  const pages = healthPages(readiness, () => fault);
  const seen: Record<string, unknown> = {};
  for (const [path, page] of Object.entries(pages)) {
    const { status, body } = await page();
    seen[path] = [status, JSON.parse(body)];
  }
  return seen;
}

test('while it starts, a service is alive and not ready', async () => {
  expect(await answers(new ServiceReadiness('the rules are being loaded'))).toEqual({
    '/livez': [200, { status: 'ok', reasons: [] }],
    '/readyz': [503, { status: 'unavailable', reasons: ['the rules are being loaded'] }],
  });
});

test('a service that works is ready; what stands still makes it neither alive nor less ready', async () => {
  const readiness = new ServiceReadiness('starting');
  readiness.phase = undefined;
  expect(await answers(readiness, 'windows stand still')).toEqual({
    '/livez': [503, { status: 'unavailable', reasons: ['windows stand still'] }],
    '/readyz': [200, { status: 'ok', reasons: [] }],
  });
});
