import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { outputs } from '../../../src/config/outputs.ts';
import type { OtlpTarget, Target } from '../../../src/config/target.ts';
import { startWatchingFiles } from '../../../src/serve/watched-destinations.ts';
import { secretsOf } from '../../../src/setup/destination-files.ts';
import { destinationsFor } from '../../../src/setup/destinations.ts';
import { UserError } from '../../../src/setup/user-error.ts';
import { authority } from '../../support/authority.ts';
import { TestCounters } from '../../support/counters.ts';

const folder = mkdtempSync(join(tmpdir(), 'destination-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

function load(siem: object) {
  const settings = { endpoint: 'https://siem', ...siem };
  const text = `destinations:\n  siem: ${JSON.stringify(settings)}\n`;
  const loaded = loadConfig({ path: 'sidewatch.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const out = outputs(loaded.config, {});
  const target = out.targets[0] as Target & OtlpTarget;
  return { target, place: loaded.config.place };
}

function opened(siem: object) {
  const { target, place } = load(siem);
  const secrets = secretsOf(target, place);
  if ('faults' in secrets) throw new Error('it has faults');
  return secrets;
}

function faults(siem: object): readonly string[] {
  const { target, place } = load(siem);
  try {
    destinationsFor([target], place);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.lines.map((line) => line.replace(/^sidewatch.yaml:2 +destinations.siem./, ''));
  }
}

const ours = authority('ours');
const token = (name: string, text = 'secret-1\n') => ({ file: file(name, text), prefix: 'Bearer ' });

test('headers of the configuration and of files go together, with names in lower case', () => {
  const { now, files } = opened({ headers: { A: 'b' }, headers_from_files: { Authorization: token('t1') } });
  expect([...now().headers]).toEqual([
    ['a', 'b'],
    ['authorization', 'Bearer secret-1'],
  ]);
  expect(files).toBeDefined();
  expect(opened({ headers: { A: 'b' } }).files).toBeUndefined();
});

describe('what is wrong is named with its key, and not shown', () => {
  test.each<[string, string, object, RegExp]>([
    ['an empty file', '\n', {}, /^headers_from_files\.authorization\.file {2}\S+ is empty$/],
    [
      'two lines',
      'secret-1\nsecret-2',
      {},
      /^headers_from_files\.authorization\.file {2}\S+ holds a text that a header cannot carry \(several lines, for example\)$/,
    ],
    [
      'a text that gRPC cannot carry',
      'sécret',
      { protocol: 'grpc' },
      /^headers_from_files\.authorization\.file {2}\S+ holds a text that a header cannot carry/,
    ],
  ])('%s', (name, text, more, line) => {
    const found = faults({
      ...more,
      headers_from_files: { authorization: token(name.replaceAll(' ', '-'), text) },
    });
    expect(found).toEqual([expect.stringMatching(line)]);
    expect(found.join()).not.toMatch(/s[eé]cret/);
  });

  test('a missing file, beside the faults of TLS files', () => {
    const tls = { ca_file: file('no-ca', 'x') };
    expect(faults({ tls, headers_from_files: { authorization: { file: '/nope' } } })).toEqual([
      expect.stringMatching(/^tls\.ca_file .*holds no certificate/),
      expect.stringMatching(/^headers_from_files\.authorization\.file +\/nope cannot be read: no such file$/),
    ]);
  });
});

describe('while it runs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A minute: two looks at the files. */
  const minute = () => vi.advanceTimersByTime(60_000);

  function watching(siem: object) {
    const secrets = opened(siem);
    const lines: string[] = [];
    const say = (text: string) => lines.push(text);
    const counters = new TestCounters();
    const destination = {
      name: 'siem',
      target: '',
      send: async () => ({ kind: 'delivered' }) as const,
      stop: async () => {},
      files: secrets.files!,
    };
    const part = startWatchingFiles([destination], counters, { info: say, warn: say, error: say });
    return { ...secrets, lines, counters, part };
  }

  test('a new token is in use within a minute, and one that cannot be used leaves the old one in use', () => {
    const authorization = token('rotated');
    const { now, lines, counters, part } = watching({ headers_from_files: { authorization } });
    minute();
    writeFileSync(authorization.file, 'secret-two');
    minute();
    expect(now().headers.get('authorization')).toBe('Bearer secret-two');
    writeFileSync(authorization.file, '');
    minute();
    minute();
    expect(now().headers.get('authorization')).toBe('Bearer secret-two');
    expect(lines).toEqual([
      'the files of destinations.siem have changed and are in use',
      expect.stringMatching(
        /^the files of destinations\.siem have changed and cannot be used; the old ones stay in use: .*authorization\.file +\S+ is empty$/,
      ),
    ]);
    expect(counters.of('destination_files')).toBe(2);
    void part.stop(AbortSignal.abort());
    writeFileSync(authorization.file, 'secret-three');
    minute();
    expect(now().headers.get('authorization')).toBe('Bearer secret-two');
  });

  test('the keys stay the same object while only a token changes, so that no connection is made for it', () => {
    const authorization = token('with-keys');
    const first = ours.issue('first');
    const tls = { cert_file: file('cert', first.cert), key_file: file('key', first.key) };
    const { now } = watching({ tls, headers_from_files: { authorization } });
    const { keys } = now();
    minute();
    writeFileSync(authorization.file, 'secret-two');
    minute();
    expect(now().headers.get('authorization')).toBe('Bearer secret-two');
    expect(now().keys).toBe(keys);
    const second = ours.issue('second');
    writeFileSync(tls.cert_file, second.cert);
    writeFileSync(tls.key_file, second.key);
    minute();
    expect(now().keys).toEqual(second);
  });
});
