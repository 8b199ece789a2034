import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { optionTable } from '../../../src/config/option-table.ts';

const TABLE = optionTable();
const byKey = new Map(TABLE.map((option) => [option.key, option]));

describe('the table of options', () => {
  test.each([
    [
      'receivers.otlp.protocols.grpc.endpoint',
      'host:port, with an IPv6 address in brackets, or unix:///PATH',
      'localhost:4317',
    ],
    ['receivers.otlp.protocols.grpc.auth.tokens', 'a list of maps with file and cluster', '[]'],
    ['receivers.otlp.protocols.grpc.auth.tokens[].file', 'a path', ''],
    ['rules.packs', 'a list of escu and sidewatch', '[sidewatch]'],
    ['client.ipv6_prefix', 'a whole number from 0 to 128', '64'],
    ['destinations', 'a map of names to destinations', '{}'],
    ['destinations.<name>.timeout', 'a length of time from 1ms to 10m, such as 500ms, 10s or 5m', '10s'],
    ['destinations.<name>.headers', 'a map of header names to texts', '{}'],
    ['destinations.<name>.tls.ca_file', 'a path', ''],
    ['telemetry.logs.encoding', 'console or json', 'console'],
  ])('knows %s', (key, type, written) => {
    expect(byKey.get(key)).toMatchObject({ type, default: written });
  });

  test('has each key once, and something to say of each', () => {
    expect(byKey.size).toBe(TABLE.length);
    expect(TABLE.filter((option) => option.description === '').map((option) => option.key)).toEqual([]);
  });

  test('shows the defaults that are really used', () => {
    const entries = TABLE.filter(
      ({ key, default: written }) => written !== '' && !/<name>|\.tls\./.test(key),
    );
    expect(entries.length).toBeGreaterThan(15);
    for (const { key, default: written } of entries)
      expect(load(nested(key.split('.'), written))).toMatchObject(load(receiverOf(key)));
  });
});

function load(text: string) {
  const loaded = loadConfig({ path: 'x', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const { place: _, ...values } = loaded.config;
  return { warnings: loaded.warnings, values };
}

/** A receiver is on where it is named, so its defaults are compared with those of the same receiver. */
function receiverOf(key: string): string {
  const [section] = /^receivers\.(?:otlp\.protocols\.)?\w+(?=\.)/.exec(key) ?? [];
  return section === undefined ? '' : nested(section.split('.'), '');
}

const nested = (path: readonly string[], value: string) =>
  `${path.map((key, depth) => `${'  '.repeat(depth)}${key}:`).join('\n')} ${value}\n`;
