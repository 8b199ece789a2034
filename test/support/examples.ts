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
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, below]) => below !== null);
  return Object.fromEntries(kept.map(([key, below]) => [key, withoutNull(below)]));
}

/** The text of the configuration of Sidewatch in the values for the upstream chart. */
export const upstreamSidewatch = (): string =>
  example('upstream-collector/values.yaml').extraManifests[0].data['sidewatch.yaml'];

/** The collectors for managed clusters: a file with the provider's receiver, after the one that they share. */
export const CLOUD_COLLECTORS = ['eks/cloudwatch', 'eks/firehose', 'gke/pubsub', 'aks/event-hub'] as const;

/** The configuration that the values of both files make, without what the chart adds itself. */
export function cloudCollector(file: (typeof CLOUD_COLLECTORS)[number]): Yaml {
  const [shared, own] = [example('clouds/collector.yaml'), example(`${file}.yaml`)];
  const { processors: _, ...config } = withoutNull(merged(shared.config, own.config));
  return { ...config, extensions: { health_check: {}, ...config.extensions } };
}

/** What helm makes of a second values file: maps are merged, everything else is replaced. */
function merged(values: Yaml, over: Yaml): Yaml {
  if (!isMap(values) || !isMap(over)) return over;
  const both = Object.entries(over).map(([key, value]) => [key, merged(values[key], value)]);
  return { ...values, ...Object.fromEntries(both) };
}

const isMap = (value: Yaml): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
