import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { read } from '../../../src/audit/read.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Derived } from '../../../src/model/event.ts';
import { geoOf, loadDetector } from '../../../src/setup/detector.ts';
import { otlpBytes, request } from '../../support/events.ts';

// A process of its own: node --expose-gc --min-semi-space-size=64 allocation.ts. Prints the bytes that reading and matching
// leave on the heap a record that no rule can match, as the difference between a large and a small request.
// One rule, decided by numbers and literals: others may have to look at a string before they can say no.
const rule = new URL('../../../rules/sidewatch/discovery/kubernetes_api_scanning.yml', import.meta.url);
const yaml = `rules: {packs: [], files: [${JSON.stringify(rule.pathname)}]}`;
const loaded = loadConfig({ path: 'test.yaml', text: yaml }, {}, () => '');
if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
const { detector } = loadDetector(loaded.config, geoOf(loaded.config));
const { plan, matcher } = detector;
const derived: Derived = detector.derived;

const lines = gunzipSync(readFileSync(new URL('../../captures/metadata/ordinary.ndjson.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n')
  // The codes that the loaded rule asks for: all others it cannot match.
  .filter((line) => !/"code":(401|403|404|429)/.test(line))
  // One minute: a new one is parsed once, which is no cost of a record.
  .map((line) => line.replaceAll('T03:47:', 'T03:48:'));
const hit = () => {
  throw new Error('the ordinary day was to match nothing');
};
// Under a slice (1 MiB), so that it is read in one turn.
const bytesOf = (records: number) =>
  request(
    otlpBytes(
      Array.from({ length: records }, (_, i) => lines[i % lines.length]!),
      { 'k8s.cluster.name': 'prod' },
    ),
    'otlp',
  );
const large = bytesOf(1200);
const small = bytesOf(200);

function bytesPerRequest(from: typeof large): number {
  const once = () => read(from, plan, (event) => matcher.match(event, derived, hit));
  for (let i = 0; i < 800; i++) once();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 20; i++) once();
    const left = (process.memoryUsage().heapUsed - before) / 20;
    // Less than nothing is left where the engine collected garbage in between.
    if (left > 0) least = Math.min(least, left);
  }
  return least;
}

const [more, less] = [bytesPerRequest(large), bytesPerRequest(small)];
console.log(JSON.stringify({ bytes: (more - less) / 1000, more, less }));
