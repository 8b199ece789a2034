import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';

const load = (text: string) => loadConfig({ path: 'sidewatch.yaml', text }, {}, () => '');
const errors = (text: string) => {
  const loaded = load(text);
  return 'errors' in loaded ? loaded.errors.join('\n') : '';
};

test.each(['http://next:4317', 'https://next', 'unix:///run/next.sock'])('%s is a next hop', (endpoint) => {
  expect(load(`forward: {endpoint: "${endpoint}"}`)).toMatchObject({ config: { forward: { endpoint } } });
});

test('a path belongs to HTTP', () => {
  expect(errors('forward: {endpoint: "http://next/otlp", protocol: http/protobuf}')).toBe('');
  expect(errors('forward: {endpoint: "http://next/otlp"}')).toContain('has a path');
  expect(errors('forward: {endpoint: "unix:///x", protocol: http/protobuf}')).toContain('unix socket');
});

describe('refused, with what to write instead:', () => {
  test.each([
    ['{endpoint: "next:4317"}', 'wants an http or https URL'],
    ['{endpoint: "http://next", mode: pass}', 'requests always pass'],
    ['{endpoint: "http://next", sending_queue: {}}', 'nothing waits here'],
    ['{endpoint: "http://next", protocol: http/json}', 'goes on in JSON with http/protobuf'],
    ['{endpoint: "http://next", tls: {insecure: true}}', 'write http:// in endpoint'],
    ['{keep: matched}', 'forward.endpoint  is missing'],
    ['{annotate: true}', 'forward.endpoint  is missing'],
  ])('%s', (section, why) => {
    expect(errors(`forward: ${section}`)).toContain(why);
  });
});

test('docs/chaining.md shows a file that loads', () => {
  const page = readFileSync(new URL('../../../docs/chaining.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```yaml\n(# sidewatch\.yaml[\s\S]*?)```/.exec(page) ?? [];
  expect(load(shown)).toMatchObject({ config: { forward: { endpoint: 'http://localhost:4327' } } });
});
