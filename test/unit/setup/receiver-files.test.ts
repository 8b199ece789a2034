import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { bindingOf } from '../../../src/receive/tokens.ts';
import { receiverFiles } from '../../../src/setup/receiver-files.ts';
import { UserError } from '../../../src/setup/user-error.ts';
import { authority } from '../../support/authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'receiver-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

function load(grpc: object) {
  const text = `receivers:\n  otlp:\n    protocols:\n      grpc: ${JSON.stringify(grpc)}\n`;
  const loaded = loadConfig({ path: 'sidewatch.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  return receiverFiles(loaded.config).grpc!;
}

/** The lines of the error, without the place and the common part of the path. */
function faults(grpc: object): readonly string[] {
  try {
    load(grpc);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.lines.map((line) => line.replace(/^sidewatch.yaml:4 +receivers.otlp.protocols.grpc./, ''));
  }
}

const ours = authority('ours');
const own = ours.issue('sidewatch');
const cert_file = file('cert.pem', own.cert);
const key_file = file('key.pem', own.key);
const client_ca_file = file('ca.pem', ours.ca);

test('without TLS and tokens there are no files', () => {
  expect(load({})).toEqual({ keys: undefined, tokens: undefined });
});

describe('TLS files', () => {
  test('are the keys of the receiver', () => {
    expect(load({ tls: { cert_file, key_file } }).keys?.first).toEqual({ ...own, minVersion: '1.2' });
    const mutual = load({ tls: { cert_file, key_file, client_ca_file, min_version: '1.3' } });
    expect(mutual.keys?.first).toEqual({ ...own, clientCa: ours.ca, minVersion: '1.3' });
  });

  test('that are broken are named with their keys, all of them', () => {
    const none = file('none', '');
    expect(faults({ tls: { cert_file: none, key_file: '/nope', client_ca_file: none } })).toEqual([
      `tls.client_ca_file  ${none} holds no certificate (PEM)`,
      `tls.cert_file       ${none} holds no certificate (PEM)`,
      'tls.key_file        /nope cannot be read: no such file',
    ]);
    const other = file('other.pem', ours.issue('other').key);
    expect(faults({ tls: { cert_file, key_file: other } })).toEqual([
      `tls.cert_file  ${cert_file} does not match the key`,
    ]);
  });
});

describe('token files', () => {
  test('bind their tokens to their clusters', () => {
    const tokens = [
      { file: file('a', 'one\ntwo\n'), cluster: 'prod' },
      { file: file('b', '# the old one\nthree') },
    ];
    const known = load({ auth: { tokens } }).tokens!.first;
    expect(['one', 'two', 'three'].map((token) => bindingOf(`Bearer ${token}`, known)?.cluster)).toEqual([
      'prod',
      'prod',
      undefined,
    ]);
  });

  test('that are empty, gone or ambiguous are named, without a word of them', () => {
    const [a, b, again, empty, words] = [
      file('a', 'one\ns3cret'),
      file('b', 's3cret\nthree'),
      file('again', 'one'),
      file('empty', '\n'),
      file('words', 's3cret two'),
    ];
    const tokens = [
      { file: a, cluster: 'prod' },
      { file: b, cluster: 'test' },
      { file: again, cluster: 'prod' },
      { file: empty },
      { file: '/nope' },
      { file: words },
    ];
    expect(faults({ auth: { tokens } })).toEqual([
      `auth.tokens[1].file  ${b} holds a token that ${a} holds too, for another cluster`,
      `auth.tokens[3].file  ${empty} holds no token`,
      'auth.tokens[4].file  /nope cannot be read: no such file',
      `auth.tokens[5].file  ${words} line 1 holds no token: only ASCII without spaces can be sent`,
    ]);
  });
});

test('all files are checked', () => {
  const tls = { cert_file: '/nope', key_file };
  expect(faults({ tls, auth: { tokens: [{ file: '/nope' }] } })).toHaveLength(2);
});

test('each receiver that is on has files of its own, and what is wrong is named with its key', () => {
  const receiver = JSON.stringify({ tls: { cert_file, key_file } });
  const broken = JSON.stringify({ auth: { tokens: [{ file: '/nope' }] } });
  const loaded = (http: string) => {
    const text = `receivers: {kubernetes_audit_webhook: ${receiver}, otlp: {protocols: {http: ${http}}}}`;
    const found = loadConfig({ path: 'sidewatch.yaml', text }, {}, () => '');
    if ('errors' in found) throw new Error(found.errors.join('\n'));
    return receiverFiles(found.config);
  };
  const files = loaded(receiver);
  expect(Object.keys(files)).toEqual(['http', 'webhook']);
  expect(files.webhook?.keys?.first).toEqual({ ...own, minVersion: '1.2' });
  expect(() => loaded(broken)).toThrow(
    /receivers\.otlp\.protocols\.http\.auth\.tokens\[0\]\.file +\/nope cannot be read/,
  );
});
