import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The folder of the examples. */
export const EXAMPLES = new URL('../../helm/examples/', import.meta.url).pathname;

// biome-ignore lint/suspicious/noExplicitAny: the tests know what they read
export type Yaml = any;

export const example = (file: string): Yaml => parse(readFileSync(`${EXAMPLES}${file}`, 'utf8'));

/** The configuration of the collector that the values for the upstream chart make, without what the chart adds itself. */
export function upstreamCollector(file: string): Yaml {
  const { config } = example(`upstream-collector/${file}`);
  const { extensions, receivers, processors: _, exporters, service } = withoutNull(config);
  return { extensions: { health_check: {}, ...extensions }, receivers, exporters, service };
}

/** What helm makes of a null. */
function withoutNull(value: Yaml): Yaml {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, below]) => below !== null);
  return Object.fromEntries(kept.map(([key, below]) => [key, withoutNull(below)]));
}

/** The text of the configuration of Sidewatch in the values for the upstream chart. */
export const upstreamSidewatch = (): string =>
  example('upstream-collector/values.yaml').extraManifests[0].data['sidewatch.yaml'];
