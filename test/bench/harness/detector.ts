import { type Rules, rulesConfig } from './rules-config.ts';
import { fromTree } from './tree.ts';

/** A tree's detector as `serve` would load it. */
export async function detectorOf(tree: string, rules: Rules = 75) {
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
  const loaded = loadConfig({ path: 'bench.yaml', text: rulesConfig(tree, rules) }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const counters = createCounters();
  return { ...loadDetector(loaded.config, counters), counters };
}
