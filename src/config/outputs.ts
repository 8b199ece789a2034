import { join } from 'node:path';
import { retryOnFailure, sendingQueue } from './destinations-schema.ts';
import { faultLines, type PlacedFault } from './fault-lines.ts';
import { grpcUrl } from './grpc-url.ts';
import {
  type Env,
  exporterFromEnv,
  exporterVariables,
  resourceFromEnv,
  signalUrl,
} from './otel-environment.ts';
import { recordDefaults, splunkKeys } from './record-schema.ts';
import { routeFaults, routeWarnings } from './route-faults.ts';
import type { Config, DestinationConfig } from './schema.ts';
import { settingFault } from './setting-fault.ts';
import type {
  DeadLetterOptions,
  OtlpTarget,
  QueuedTarget,
  QueueOptions,
  RecordOptions,
  Target,
} from './target.ts';
import { tlsFiles } from './tls-files.ts';

export interface Outputs {
  readonly targets: readonly QueuedTarget[];
  /** Attributes for the resource of risk events. */
  readonly resource: Readonly<Record<string, string>>;
  /** undefined where what would be a dead letter is lost. */
  readonly deadLetters: DeadLetterOptions | undefined;
  readonly warnings: readonly string[];
}

/**
 * Where risk events go: to the file's destinations; without any to the one that OTEL_EXPORTER_OTLP_* describes; without that to stdout.
 * The file and the environment are never mixed. Where the environment has errors, `targets` are those of the file.
 */
export function outputs(
  config: Config,
  env: Env,
): Outputs | { readonly errors: readonly string[]; readonly targets: readonly Target[] } {
  const resource = resourceFromEnv(env);
  const configured = Object.entries(config.destinations).map(([name, to]) => ({
    ...target(name, to),
    record: recordOptions(to),
    queue: queueOptions(to),
  }));
  const described = configured.length > 0 ? undefined : exporterFromEnv(env);

  const otlp = described && 'target' in described ? described.target : undefined;
  const alone = {
    ...(otlp ?? ({ name: 'console', protocol: 'console' } as const)),
    record: recordOptions(recordDefaults.parse({})),
    queue: DEFAULT_QUEUE,
  };
  const targets: readonly QueuedTarget[] = configured.length > 0 ? configured : [alone];
  const names = targets.map(({ name }) => name);
  const deadLetters = deadLettersOf(config);
  const errors = [
    ...[resource, described].flatMap((part) => (part && 'errors' in part ? part.errors : [])),
    ...(deadLetters ? [] : wantingDeadLetters(config)),
    ...routeFaults(config, names),
  ];
  if (errors.length > 0 || 'errors' in resource) return { errors: faultLines(errors), targets: configured };

  const unused = otlp ? [] : exporterVariables(env).filter((name) => env[name]);
  return {
    targets,
    resource: resource.attributes,
    deadLetters,
    warnings: [
      ...(unused.length === 0 ? [] : [warning(unused, configured.length > 0)]),
      ...faultLines(routeWarnings(config, names)),
    ],
  };
}

/** The one place that decides where dead letters are kept: beside the store, unless another folder is named. */
function deadLettersOf({ delivery, storage }: Config): DeadLetterOptions | undefined {
  const { max_dead_letters_mib } = delivery;
  const beside = storage.directory === undefined ? undefined : join(storage.directory, 'dead-letters');
  const directory = delivery.directory ?? beside;
  return directory === undefined ? undefined : { directory, most: max_dead_letters_mib * 2 ** 20 };
}

/** A fault for each destination that wants dead letters, for a configuration without a place for them. */
function wantingDeadLetters({ destinations, place }: Config): readonly PlacedFault[] {
  return Object.entries(destinations)
    .filter(([, { sending_queue }]) => sending_queue.on_full === 'dead_letter')
    .map(([name]) =>
      settingFault(
        ['destinations', name, 'sending_queue', 'on_full'],
        'dead_letter needs a folder: write its path in delivery.directory',
        place,
      ),
    );
}

function queueOptions({
  sending_queue: { queue_size, on_full, batch },
  retry_on_failure: { initial_interval, max_interval },
}: Pick<DestinationConfig, 'sending_queue' | 'retry_on_failure'>): QueueOptions {
  return {
    size: queue_size,
    onFull: on_full,
    batch: batch.max_size,
    initialInterval: initial_interval,
    maxInterval: max_interval,
  };
}

/** That of a destination which the file does not describe. */
export const DEFAULT_QUEUE: QueueOptions = queueOptions({
  sending_queue: sendingQueue.parse({}),
  retry_on_failure: retryOnFailure.parse({}),
});

function recordOptions({
  format,
  splunk = splunkKeys.parse({}),
  timestamp,
  max_event_kib,
}: Pick<DestinationConfig, 'format' | 'splunk' | 'timestamp' | 'max_event_kib'>): RecordOptions {
  const { index, source, sourcetype, summary_index: summaryIndex, audit_search: auditSearch } = splunk;
  return {
    format,
    splunk: { index, source, sourcetype, summaryIndex, auditSearch },
    timestamp,
    bytesMax: max_event_kib * 1024,
  };
}

function warning(unused: readonly string[], configured: boolean): string {
  const why = configured
    ? 'the configuration file names destinations, which go first'
    : 'there is no OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, so risk events go to stdout';
  return `not used: ${unused.join(', ')}; ${why}`;
}

function target(
  name: string,
  to: DestinationConfig,
): OtlpTarget | { readonly name: string; readonly protocol: 'console' } {
  const {
    protocol,
    endpoint = '',
    logs_endpoint,
    tls,
    headers_from_files,
    headers_from_event,
    keepalive,
  } = to;
  if (protocol === 'console') return { name, protocol };
  const setting = ['destinations', name];
  const headerFiles = Object.entries(headers_from_files).map(([header, { file, prefix }]) => ({
    name: header,
    path: file,
    prefix,
    setting: [...setting, 'headers_from_files', header, 'file'],
  }));
  const eventHeaders = Object.entries(headers_from_event).map(
    ([header, { attribute, default: otherwise }]) => ({ name: header, attribute, otherwise }),
  );
  return {
    name,
    protocol,
    // The schema lets no OTLP destination through that has no endpoint.
    url:
      protocol === 'grpc' ? grpcUrl(endpoint, tls.insecure) : (logs_endpoint ?? signalUrl(endpoint, 'logs')),
    headers: to.headers,
    ...(headerFiles.length > 0 && { headerFiles }),
    ...(eventHeaders.length > 0 && { eventHeaders }),
    ...(keepalive && {
      keepAlive: {
        time: keepalive.time,
        timeout: keepalive.timeout,
        idle: keepalive.permit_without_stream,
      },
    }),
    timeout: to.timeout,
    compression: to.compression,
    tls: tlsFiles(tls, [...setting, 'tls']),
  };
}
