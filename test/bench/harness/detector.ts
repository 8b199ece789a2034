import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedRules } from '../rules.ts';
import { fromTree } from './tree.ts';
import { workFolder } from './work-folder.ts';

/** A tree's detector as `serve` would load it: the default pack and `rules` generated rules. */
export async function detectorOf(tree: string, rules = 75) {
  const { loadConfig } = await fromTree<typeof import('../../../src/config/load.ts')>(
    tree,
    'config/load.ts',
    'loadConfig',
  );
  const { loadDetector } = await fromTree<typeof import('../../../src/commands/detector.ts')>(
    tree,
    'commands/detector.ts',
    'loadDetector',
  );
  const { createCounters } = await fromTree<typeof import('../../../src/ops/counters.ts')>(
    tree,
    'ops/counters.ts',
    'createCounters',
  );
  const file = join(workFolder(), 'rules.yml');
  writeFileSync(file, generatedRules(rules));
  const text = `rules: {files: [${JSON.stringify(file)}]}`;
  const loaded = loadConfig({ path: 'bench.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const counters = createCounters();
  return { ...loadDetector(loaded.config, counters), counters };
}
