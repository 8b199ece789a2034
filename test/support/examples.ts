import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

/** The folder of the examples. */
export const EXAMPLES = new URL('../../helm/examples/', import.meta.url).pathname;

// biome-ignore lint/suspicious/noExplicitAny: the tests know what they read
export type Yaml = any;

export const example = (file: string): Yaml => parse(readFileSync(`${EXAMPLES}${file}`, 'utf8'));

/** The configuration of the collector that the values for the upstream chart make, without what the chart adds itself. */
export function upstreamCollector(file: string, folder = 'upstream-collector'): Yaml {
  const { config } = example(`${folder}/${file}`);
  const { extensions, receivers, processors, exporters, service } = withoutNull(config);
  return { extensions: { health_check: {}, ...extensions }, receivers, processors, exporters, service };
}

/** The configuration of a collector of the operator by its name. */
export function operatorCollector(name: string): Yaml {
  const all = parseAllDocuments(readFileSync(`${EXAMPLES}operator/collector.yaml`, 'utf8'));
  const found = all
    .map((one) => one.toJS())
    .find(({ kind, metadata }) => kind !== 'ConfigMap' && metadata.name === name);
  return found.spec.config;
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
