import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FACTS } from '../../src/model/hit.ts';
import { redactText } from '../../src/risk/redaction/redact-text.ts';
import { redactor } from '../../src/risk/redaction/redactor.ts';
import { runs } from '../support/property.ts';
import { aDetection, aRule, render } from '../unit/risk/rendered.ts';

const letters = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const ALNUM = SMALL + SMALL.toUpperCase() + DIGITS;

/** With a digit, so that it is no word. */
const password = fc
  .tuple(letters(ALNUM, 5, 20), letters(DIGITS, 1), letters(`${ALNUM}_!.+/~@#%,;=`, 4, 12), letters(ALNUM, 2))
  .map((parts) => parts.join(''));
const opaque = fc.tuple(letters(ALNUM, 20, 60), letters(DIGITS, 2)).map((parts) => parts.join(''));
const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const jwt = fc
  .tuple(
    fc.constantFrom('alg', 'typ', 'kid', 'enc'),
    letters(ALNUM, 4, 20),
    letters(ALNUM, 12, 80),
    letters(`${ALNUM}-_`, 20, 90),
  )
  .map(
    ([name, value, sub, signature]) =>
      `${base64(`{"${name}":"${value}"}`)}.${base64(`{"sub":"${sub}"}`)}.${signature}`,
  );
const key = letters(`${ALNUM}+/`, 30, 200).map(
  (text) => `-----BEGIN EC PRIVATE KEY-----\n${text}\n-----END EC PRIVATE KEY-----`,
);
const known = fc.oneof(
  letters(ALNUM, 36).map((text) => `ghp_${text}`),
  letters(ALNUM, 20).map((text) => `glpat-${text}`),
  letters(DIGITS, 12).map((text) => `xoxb-${text}`),
  fc
    .tuple(letters(SMALL + DIGITS, 6), letters(SMALL + DIGITS, 15))
    .map(([id, rest]) => `${id}.z${rest.slice(0, 14)}7`),
);

/** A secret within what shows that it is one. */
interface Planted {
  readonly secret: string;
  readonly text: string;
}

const NAMES =
  'password token access_token client_secret api_key X-Amz-Signature PGPASSWORD DB_PASS sig refreshToken'.split(
    ' ',
  );

const named = fc
  .tuple(password, fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 5 }))
  .map(([secret, name, form]) => ({
    secret,
    text: [
      `{"${name}":"${secret}"}`,
      `--${name} '${secret}' --verbose`,
      `${name}="${secret}"`,
      `--${name}=${secret.replace(/[&]/g, '')}`,
      `a: b\n${name}: ${secret}\nc: d`,
      `{"name":"${/^[A-Z_]+$/.test(name) ? name : 'DB_PASSWORD'}","value":"${secret}"}`,
    ][form]!,
  }));

const shaped = fc.oneof(
  fc.oneof(jwt, key, known).map((secret) => ({ secret, text: `x ${secret} y` })),
  opaque.map((secret) => ({ secret, text: `Authorization: Bearer ${secret}` })),
  password.map((secret) => ({ secret: base64(`u:${secret}`), text: `Basic ${base64(`u:${secret}`)}` })),
  letters(`${ALNUM}!~_.`, 8, 20).map((secret) => ({
    secret,
    text: `postgres://shop:${secret}@db.example.com:5432/x`,
  })),
);

const inCommand = fc
  .tuple(
    letters(`${ALNUM}_!.+~@#%,=`, 8, 20),
    fc.constantFrom('mysql -uroot -p', 'sshpass -p ', 'ourtool -p ', 'redis-cli -a '),
  )
  .map(([secret, begin]) => ({ secret: `q7${secret}`, text: `${begin}q7${secret}` }));

const inSecret = fc
  .tuple(letters(`${ALNUM}+/`, 8, 40), fc.constantFrom('data', 'stringData'))
  .map(([secret, field]) => ({
    secret,
    text: JSON.stringify({ apiVersion: 'v1', [field]: { other: 'x', [SMALL]: secret }, kind: 'Secret' }),
  }));

const planted: fc.Arbitrary<Planted> = fc.oneof(named, shaped, inSecret);

/** How a text is wrapped on its way into an event. */
const wraps: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify({ spec: { note: text } }),
  (text) => JSON.stringify({ metadata: { annotations: { a: JSON.stringify({ note: text }) } } }),
  (text) => `/api/v1/x?watch=true&note=${encodeURIComponent(text)}&limit=5`,
  (text) => `/api/v1/x/exec?command=sh&command=-c&command=${encodeURIComponent(text)}&stdin=true`,
  (text) => `/x/exec?command=${text.split(' ').map(encodeURIComponent).join('&command=')}&tty=true`,
];

const FIELDS = [
  'userAgent',
  'requestURI',
  'annotations.a',
  'requestObject.metadata.annotations.b',
  'process.command_line',
];
const rule = aRule(
  {},
  {
    message: `$${FIELDS.join('$ $')}$`,
    objects: FIELDS.map((field) => ({ field, type: 'other' })),
    collect: FIELDS,
  },
);

/** All forms in which a text may stand in a record. */
function forms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), json, JSON.stringify(json).slice(1, -1)])];
}

function expectGone(event: unknown, secret: string): void {
  const text = JSON.stringify(event);
  for (const form of forms(secret)) expect(text).not.toContain(form);
}

describe('a secret that is planted into an event is in none of its records', () => {
  test('in any text, however it is wrapped', () => {
    fc.assert(
      fc.property(
        planted,
        fc.constantFrom(...wraps),
        fc.constantFrom(...FIELDS),
        ({ secret, text }, wrap, field) => {
          const values = { [field]: [wrap(text), 'ordinary'], [FACTS.agent]: [wrap(text)] };
          const events = render(aDetection({ values, group: { userAgent: wrap(text) } }), rule);
          expectGone(events, secret);
          expect(events[0]!.attributes['sidewatch.redacted'] ?? []).toContain('sidewatch.group.userAgent');
        },
      ),
      runs(600),
    );
  });

  test('in a command', () => {
    fc.assert(
      fc.property(inCommand, fc.constantFrom(0, 4, 5), ({ secret, text }, wrap) => {
        const field = wrap === 0 ? 'process.command_line' : 'requestURI';
        expectGone(render(aDetection({ values: { [field]: [wraps[wrap]!(text)] } }), rule), secret);
      }),
      runs(300),
    );
  });
});

test('words, names and numbers stay as they are', () => {
  const word = letters(SMALL, 1, 12);
  const name = fc.oneof(
    word,
    fc.uuid(),
    letters(DIGITS, 1, 12),
    letters('0123456789abcdef', 64).map((hex) => `img@sha256:${hex}`),
  );
  const path = fc
    .array(name, { minLength: 1, maxLength: 6 })
    .map((parts) => `/apis/${parts.join('/')}?resourceVersion=17&watch=true`);
  const user = fc.tuple(word, word).map(([a, b]) => `system:serviceaccount:${a}:${b}`);
  fc.assert(
    fc.property(fc.oneof(name, path, user), (text) => {
      expect(redactor()(aDetection({ values: { requestURI: [text], userAgent: [text] } }))).toBeUndefined();
    }),
    runs(500),
  );
});

test('what is redacted is not redacted again', () => {
  fc.assert(
    fc.property(planted, fc.constantFrom(...wraps), ({ text }, wrap) => {
      const redact = redactText([]);
      const once = redact(wrap(text), false);
      expect(redact(once, false)).toBe(once);
    }),
    runs(300),
  );
});

// Quadratic time would be hours here.
test.each([
  ...[
    'eyJ',
    'eyJhbGciOiJ4.',
    '://',
    '://a:b',
    'token=',
    '"token":"',
    '--token "',
    "--token '",
    'bearer ',
    'Basic ',
    '-----BEGIN ',
  ],
  ...[
    '"data":{',
    '"data":{"a":"',
    '{',
    '\\',
    '\\"',
    '%25',
    '%',
    '?command=',
    'a=',
    'mysql -p ',
    '-p ',
    'LS0tLS1CRUdJTi',
    'abcdef.',
  ],
  ...[
    '"name":"password","value":"',
    'a@',
    'password: ',
    'authorization: a, ',
    '-',
    '1.',
    '\n ',
    'token={',
    'token=${',
    'token=[',
  ],
])('a long text of %j is read in one go', (part) => {
  const text = part.repeat(300_000 / part.length);
  const redact = redactText([]);
  expect(redact(`${text} token=abc123`, true)).not.toContain('abc123');
  expect(redact(`{"kind":"Secret"${text}`, true).length).toBeLessThanOrEqual(4 * text.length);
});
