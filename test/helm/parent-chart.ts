import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART } from './chart-files.ts';
import { renderedText, type Values } from './render.ts';

/** What a chart renders that has ours as a subchart and puts the container into a pod of its own. */
export function included(
  call: string,
  more: Values = {},
  imageRegistry = 'mirror.example.com',
): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-parent-'));
  try {
    mkdirSync(join(folder, 'templates'));
    cpSync(CHART, join(folder, 'charts', 'sidewatch'), { recursive: true });
    writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: parent\nversion: 1.0.0\n');
    writeFileSync(join(folder, 'templates', 'container.yaml'), `container:\n  ${call}\n`);
    const values = {
      global: { imageRegistry },
      sidewatch: {
        image: { repository: 'sidewatch' },
        security: { mode: 'plaintext' },
        networkPolicy: { enabled: true },
        ...more,
      },
    };
    const text = renderedText(undefined, values, folder);
    const documents = text.split(/^---\n/m);
    return parse(documents.find((document) => document.includes('parent/templates/container.yaml'))!)
      .container;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
