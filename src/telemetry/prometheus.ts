import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, type IMetricReader, type MetricData } from '@opentelemetry/sdk-metrics';
import { scrapedName } from './metric-table.ts';

/** The content type of a scrape, which Prometheus 3 insists on. */
const SCRAPE_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A reader, and what it reads as the text of a scrape. */
export interface Scrape {
  readonly reader: IMetricReader;
  readonly type: string;
  text(): Promise<string>;
}

export function prometheusScrape(): Scrape {
  const reader = new PrometheusExporter({ preventServerStart: true });
  // The instrumentation scope would be two more labels at each series, always with the same values.
  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  return {
    reader,
    type: SCRAPE_TYPE,
    async text() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'metrics could not be collected');
      const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({
        ...scope,
        metrics: scope.metrics.map(asScraped),
      }));
      return serializer.serialize({ ...resourceMetrics, scopeMetrics });
    },
  };
}

/** The serializer leaves the unit out of the name, and would write `{record}` as one, which Prometheus does not know. */
function asScraped(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const isCounter = metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
  return {
    ...metric,
    descriptor: {
      ...metric.descriptor,
      name: scrapedName({ name, unit, kind: isCounter ? 'counter' : 'gauge' }),
      unit: '',
    },
  };
}
