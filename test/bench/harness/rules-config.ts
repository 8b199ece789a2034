import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedRules } from '../rules.ts';
import { workFolder } from './work-folder.ts';

/**
 * So many generated rules beside the detection of scans, without the rest of the packs, which grow: figures stay
 * comparable. `pack`: the default pack as it is.
 */
export type Rules = number | 'pack';

/** The `rules:` of a configuration. */
export function rulesConfig(tree: string, rules: Rules): string {
  if (rules === 'pack') return 'rules: {packs: [sidewatch]}\n';
  const file = join(workFolder(), `rules-${rules}.yml`);
  writeFileSync(file, generatedRules(rules));
  const files = [file, join(tree, 'rules/sidewatch/**/kubernetes_api_scanning.yml')];
  return `rules: {packs: [], files: ${JSON.stringify(files)}}\n`;
}
