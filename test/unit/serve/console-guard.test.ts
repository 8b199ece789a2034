import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { type KnownToken, tokensIn } from '../../../src/receive/tokens.ts';
import { consoleGuard } from '../../../src/serve/console-guard.ts';

const OPEN = new Set(['/']);
const TOKENS = tokensIn('secret-one\nsecret-two\n', undefined) as readonly KnownToken[];

function asked(headers: IncomingMessage['headers'], path = '/live', tokens?: readonly KnownToken[]) {
  const guard = consoleGuard(tokens && (() => tokens), OPEN);
  return guard({ headers } as IncomingMessage, path)?.status;
}

test.each([
  'localhost:1',
  'localhost',
  'a.localhost:1',
  '127.0.0.1:1',
  '[::1]:1',
  '10.0.0.7:80',
  '[fd00::1]',
])('without tokens the console answers under %s', (host) => expect(asked({ host })).toBe(undefined));

test.each(['evil.example:55679', 'localhost.evil.example', '127.0.0.1.evil.example', '', '[x', 'a:b:c'])(
  'without tokens a host name that a site could choose is refused: %s',
  (host) => {
    expect(asked({ host })).toBe(403);
    expect(asked({ host }, '/')).toBe(403);
  },
);

test('pages of other sites are refused, those of the same machine too', () => {
  const host = 'localhost:1';
  for (const site of ['cross-site', 'same-site']) expect(asked({ host, 'sec-fetch-site': site })).toBe(403);
  for (const site of ['same-origin', 'none']) expect(asked({ host, 'sec-fetch-site': site })).toBe(undefined);
  expect(asked({ host, 'sec-fetch-site': 'cross-site' }, '/')).toBe(undefined);
});

test('with tokens one of them is needed for all that holds data, under any name', () => {
  const host = 'sidewatch.example';
  expect(asked({ host }, '/live', TOKENS)).toBe(401);
  expect(asked({ host, authorization: 'Bearer secret' }, '/live', TOKENS)).toBe(401);
  expect(asked({ host, authorization: 'Bearer secret-two' }, '/live', TOKENS)).toBe(undefined);
  expect(asked({ host }, '/', TOKENS)).toBe(undefined);
});

test('the reason names the key', () => {
  const refused = consoleGuard(() => TOKENS, OPEN)({ headers: {} } as IncomingMessage, '/live');
  expect(refused).toMatchObject({
    headers: { 'www-authenticate': 'Bearer' },
    body: expect.stringContaining('telemetry.console.auth.tokens'),
  });
});
