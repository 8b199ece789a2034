import { type CLOUD_COLLECTORS, cloudCollector, example, type Yaml } from '../support/examples.ts';
import { yamlOf } from './collector.ts';

// Configurations of a collector from the examples, where a stand-in takes the place of a component that our collector does not have.

/** Where others would write to Splunk. */
const BACKEND = { endpoint: 'https://otlp.example.com:4318', retry_on_failure: { max_elapsed_time: 0 } };

/** What the Splunk chart's agent does for Sidewatch and for the raw log. */
export function agentParts(file: string): Yaml {
  const { agent, logsCollection } = example(`splunk-collector/${file}`);
  const [audit] = Object.values<Yaml>(logsCollection.extraFileLogs);
  const storage = { directory: '/var/addon/splunk/otel_pos', create_directory: true };
  return standIns({
    extensions: {
      file_storage: storage,
      'file_storage/persistent_queue': { ...storage, directory: '/var/addon/splunk/exporter_queue/agent' },
    },
    receivers: {
      // What needs an environment is left out.
      'file_log/audit': { storage: 'file_storage', ...audit, resource: {} },
      ...agent.config.receivers,
    },
    exporters: { 'otlp_http/backend': BACKEND, ...agent.config.exporters },
    service: {
      extensions: ['file_storage', 'file_storage/persistent_queue'],
      pipelines: {
        'logs/audit': { receivers: ['file_log/audit'], exporters: ['otlp_http/backend'] },
        ...agent.config.service.pipelines,
      },
    },
  });
}

/** What the Splunk chart's gateway does for Sidewatch. */
export function gatewayParts(file: string): Yaml {
  const { receivers, exporters, service } = example(`splunk-collector/${file}`).gateway.config;
  return standIns({ receivers, exporters, service });
}

/** An exporter for Splunk has the same queue and retry as one for OTLP. */
function standIns(config: Yaml): Yaml {
  const renamed = Object.entries<Yaml>(config.exporters).map(([id, own]) => {
    if (!id.startsWith('splunk_hec/')) return [id, own];
    const { token: _, index: __, source: ___, sourcetype: ____, ...same } = own;
    return [`otlp_http/${id}`, same];
  });
  const pipelines = Object.entries<Yaml>(config.service.pipelines).map(([id, pipeline]) => [
    id,
    {
      ...pipeline,
      exporters: pipeline.exporters.map((one: string) =>
        one.startsWith('splunk_hec/') ? `otlp_http/${one}` : one,
      ),
    },
  ]);
  return {
    ...config,
    processors: { memory_limiter: { check_interval: '1s', limit_mib: 500 } },
    exporters: Object.fromEntries(renamed),
    service: { ...config.service, pipelines: Object.fromEntries(pipelines) },
  };
}

/** The page's configuration for a receiver that two pipelines share. */
export function sharedReceiver(): Yaml {
  const shown = yamlOf('docs/installing/upstream-collector.md', 'batch/sidewatch');
  return {
    ...shown,
    extensions: { file_storage: { directory: '/var/lib/otelcol', create_directory: true } },
    receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:4317' } } } },
    exporters: { 'otlp_http/backend': BACKEND, ...shown.exporters },
    service: { extensions: ['file_storage'], ...shown.service },
  };
}

/** A collector for managed clusters. OTLP stands in for its receiver, and the receiver's encoding is left out. */
export function cloudParts(file: (typeof CLOUD_COLLECTORS)[number]): Yaml {
  const { extensions, service, ...config } = cloudCollector(file);
  const isEncoding = (id: string) => id.endsWith('_encoding');
  return {
    ...config,
    extensions: Object.fromEntries(Object.entries(extensions).filter(([id]) => !isEncoding(id))),
    receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:4317' } } } },
    service: {
      extensions: service.extensions.filter((id: string) => !isEncoding(id)),
      pipelines: { 'logs/sidewatch': { ...service.pipelines['logs/sidewatch'], receivers: ['otlp'] } },
    },
  };
}
