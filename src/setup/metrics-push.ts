import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { faultLines } from '../config/fault-lines.ts';
import { signalUrl } from '../config/otel-environment.ts';
import type { Config } from '../config/schema.ts';
import type { PushOptions } from '../telemetry/otlp-push.ts';
import { pem } from './pem.ts';
import { settingFault } from './setting-fault.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';

const TLS_SETTING = ['telemetry', 'metrics', 'otlp', 'tls'];

/** Where metrics are sent, if anywhere. Nothing is connected yet. Throws UserError with everything that is wrong with its files. */
export function metricsPush({
  telemetry,
  place,
}: Pick<Config, 'telemetry' | 'place'>): Omit<PushOptions, 'failed'> | undefined {
  const { endpoint, headers, timeout, compression, interval, tls } = telemetry.metrics.otlp;
  if (endpoint === undefined) return undefined;
  const file = (key: keyof typeof tls) => {
    const path = tls[key];
    return path === undefined ? undefined : { path, setting: [...TLS_SETTING, key] };
  };
  const [ca, cert, key] = [file('ca_file'), file('cert_file'), file('key_file')];
  const files = pem({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  if ('faults' in files)
    throw new UserError(
      faultLines(files.faults.map(({ file, what }) => settingFault(file.setting, what, place))),
    );
  const url = signalUrl(endpoint, 'metrics');
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, ...files.pem })
    : new HttpAgent({ keepAlive: true });
  return { url, headers, timeout, compression, interval, agent, version: version() };
}
