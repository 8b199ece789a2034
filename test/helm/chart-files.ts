import { readFileSync } from 'node:fs';
import { valuesSchema } from './values-schema.ts';

/** The chart's folder. */
export const CHART = new URL('../../helm/sidewatch/', import.meta.url).pathname;

const PERFORMANCE = new URL('../../docs/performance.md', import.meta.url);

/** The files of the chart that are made from something else, by their path, as they should be. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const values = readFileSync(`${CHART}values.yaml`, 'utf8');
  return {
    [`${CHART}values.schema.json`]: `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    [`${CHART}values.yaml`]: withResources(values, readFileSync(PERFORMANCE, 'utf8')),
  };
}

const RESOURCES = /(?<=# generated: resources\n)[\s\S]*?(?=# end of generated)/;
const STEP_MIB = 64;

/** What docs/performance.md says after the bench: a pod's limit with the default limits, and the process at rest. */
function withResources(values: string, performance: string): string {
  const [, limit] = /With the default limits give the pod (\d+) MiB/.exec(performance) ?? [];
  const [, atRest] = /\| the process at rest, .* \| (\d+) MB \|/.exec(performance) ?? [];
  if (!limit || !atRest || !RESOURCES.test(values))
    throw new Error('docs/performance.md does not say how to size a pod, or values.yaml has no place for it');
  const request = Math.ceil(Number(atRest) / STEP_MIB) * STEP_MIB;
  return values.replace(
    RESOURCES,
    `resources:\n  requests:\n    cpu: 100m\n    memory: ${request}Mi\n  limits:\n    memory: ${limit}Mi\n`,
  );
}
