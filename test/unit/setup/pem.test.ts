import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { pem } from '../../../src/setup/pem.ts';
import { CERT, KEY } from '../../support/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'pem-'));
afterAll(() => rmSync(folder, { recursive: true }));

const setting = ['destinations', 'x'];
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { path, setting };
};
const otherKey = (passphrase?: string) =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: {
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase && { cipher: 'aes-128-cbc', passphrase }),
    },
  }).privateKey;

const [first = '', second = ''] = rootCertificates;
const BROKEN = first.split('\n').toSpliced(2, 1).join('\n');
const cert = file('cert.pem', CERT);
const key = file('key.pem', KEY);

test('of a destination without files there is nothing', () => {
  expect(pem({})).toEqual({ pem: {} });
});

test.each([
  ['one certificate', CERT],
  [
    'several, with text between them',
    `# Root A\r\n${first.replaceAll('\n', '\r\n')}\r\n# Root B\n${second}\n`,
  ],
])('a CA file holds %s', (_, text) => {
  expect(pem({ ca: file('ca.pem', text) })).toEqual({ pem: { ca: text } });
});

test.each([
  ['separate', CERT, KEY],
  ['one file', `${KEY}${CERT}`, `${KEY}${CERT}`],
  ['a chain', `${CERT}${first}\n`, KEY],
])('a certificate goes with its key: %s', (_, certs, own) => {
  expect(pem({ cert: file('c.pem', certs), key: file('k.pem', own) })).toEqual({
    pem: { cert: certs, key: own },
  });
});

test.each([
  ['a CA file without a certificate', { ca: file('host', 'a-host-name\n') }, 'holds no certificate (PEM)'],
  ['a CA file that is a key', { ca: key }, 'holds no certificate (PEM)'],
  ['a CA file that is not there', { ca: { path: '/nope', setting } }, 'cannot be read: no such file'],
  ['a broken certificate', { ca: file('bad', BROKEN) }, 'holds a broken certificate'],
  [
    'one broken certificate of many',
    { ca: file('bads', `${second}\n${BROKEN}\n`) },
    'holds a broken certificate, number 2 of 2',
  ],
  ['a key file that is a certificate', { cert, key: file('k1', CERT) }, 'holds no private key (PEM)'],
  [
    'a key with a passphrase',
    { cert, key: file('k2', otherKey('secret')) },
    'holds a key with a passphrase; use a key without a passphrase',
  ],
  ['the key of another', { cert, key: file('k3', otherKey()) }, 'does not match the key'],
])('%s is refused', (_, files, why) => {
  expect(pem(files)).toMatchObject({
    faults: [{ what: expect.stringContaining(` ${why}`) }],
  });
});

test('the text of a file in place of its path is not shown', () => {
  const text = { path: KEY, setting };
  expect(pem({ cert, key: text })).toEqual({
    faults: [{ file: text, what: 'wants the path of a file, has the text of a file' }],
  });
});

test('all files are checked', () => {
  const none = file('none', '');
  expect(pem({ ca: none, cert: none, key: none })).toHaveProperty('faults.length', 3);
});
