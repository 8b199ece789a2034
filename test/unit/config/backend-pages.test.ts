import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const PAGES = globSync('docs/backends/*.md', { cwd: ROOT });

const blocks = (page: string): readonly string[] =>
  [...readFileSync(ROOT + page, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text!);

test('there is a page for each kind of backend', () => {
  expect(PAGES.map((page) => page.replace(/^.*\//, '')).sort()).toEqual([
    'alertmanager.md',
    'elastic.md',
    'loki.md',
    'otlp.md',
    'splunk.md',
  ]);
});

describe.each(PAGES)('%s', (page) => {
  test('shows configurations that load', () => {
    const ours = blocks(page).filter((text) => text.includes('destinations:'));
    expect(ours.length).toBeGreaterThan(0);
    for (const text of ours) {
      const loaded = loadConfig({ path: page, text }, {}, () => '');
      expect('errors' in loaded ? loaded.errors : []).toEqual([]);
    }
  });

  test('shows YAML that is YAML, and pipelines of what it configures', () => {
    for (const text of blocks(page)) {
      const [document] = parseAllDocuments(text);
      expect(document!.errors).toEqual([]);
      const { exporters = {}, processors = {}, service } = document!.toJS();
      for (const pipeline of Object.values(service?.pipelines ?? {}) as {
        exporters: string[];
        processors?: string[];
      }[]) {
        for (const name of pipeline.exporters) expect(Object.keys(exporters)).toContain(name);
        for (const name of pipeline.processors ?? []) expect(Object.keys(processors)).toContain(name);
      }
    }
  });

  test('says its limits, a query, an alert and what was not tried', () => {
    const text = readFileSync(ROOT + page, 'utf8');
    for (const head of [/^## Limits/m, /quer|search/i, /alert/i, /^## Not tried/m])
      expect(text).toMatch(head);
  });
});
