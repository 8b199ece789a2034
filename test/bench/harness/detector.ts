import { type Rules, rulesConfig } from './rules-config.ts';
import { fromTree } from './tree.ts';

/** A tree's detector as `serve` would load it. */
export async function detectorOf(tree: string, rules: Rules = 75) {
  const { loadConfig } = await fromTree<typeof import('../../../src/config/load-config.ts')>(
    tree,
    'config/load-config.ts',
    'loadConfig',
  );
  const setup = await fromTree<typeof import('../../../src/setup/detector.ts')>(
    tree,
    'setup/detector.ts',
    'loadDetector',
  );
  const { createCounters } = await fromTree<typeof import('../../../src/ops/counter-store.ts')>(
    tree,
    'ops/counter-store.ts',
    'createCounters',
  );
  const loaded = loadConfig({ path: 'bench.yaml', text: rulesConfig(tree, rules) }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const counters = createCounters();
  // An older tree counts what hits leave out while it makes them, and opens the geo database by itself.
  const { geoOf }: Partial<typeof setup> = setup;
  if (geoOf === undefined) return { ...setup.loadDetector(loaded.config, counters as never), counters };
  const geo = geoOf(loaded.config);
  await geo.open();
  return { ...setup.loadDetector(loaded.config, geo), counters };
}
