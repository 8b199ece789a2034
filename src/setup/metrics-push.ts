import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { signalUrl } from '../config/otel-environment.ts';
import type { Config } from '../config/schema.ts';
import { tlsFiles } from '../config/tls-files.ts';
import type { PushOptions } from '../telemetry/otlp-push.ts';
import { pemOrRefuse } from './pem.ts';
import { version } from './version.ts';

const TLS_SETTING = ['telemetry', 'metrics', 'otlp', 'tls'];

/** Where metrics are sent, if anywhere. Nothing is connected yet. Throws UserError with everything that is wrong with its files. */
export function metricsPush({
  telemetry,
  place,
}: Pick<Config, 'telemetry' | 'place'>): Omit<PushOptions, 'failed'> | undefined {
  const { endpoint, headers, timeout, compression, interval, tls } = telemetry.metrics.otlp;
  if (endpoint === undefined) return undefined;
  const files = pemOrRefuse(tlsFiles(tls, TLS_SETTING), place);
  const url = signalUrl(endpoint, 'metrics');
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, ...files })
    : new HttpAgent({ keepAlive: true });
  return { url, headers, timeout, compression, interval, agent, version: version() };
}
