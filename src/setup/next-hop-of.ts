import { faultLines } from '../config/fault-lines.ts';
import { signalUrl } from '../config/otel-environment.ts';
import type { Config } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import { tlsFiles } from '../config/tls-files.ts';
import { grpcHop } from '../forward/grpc-hop.ts';
import { httpHop } from '../forward/http-hop.ts';
import type { NextHop } from '../forward/next-hop.ts';
import { wallClock } from '../ops/clock.ts';
import { loopFault } from './own-address.ts';
import { pem } from './pem.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';

/** Where requests go on to, if they do. Nothing is connected yet. Throws UserError with everything that is wrong with it. */
export async function nextHopOf({ forward, receivers, place }: Config): Promise<NextHop | undefined> {
  const { endpoint, protocol, headers, compression, tls } = forward;
  if (endpoint === undefined) return undefined;
  const files = pem(tlsFiles(tls, ['forward', 'tls']));
  const faults =
    'faults' in files
      ? files.faults.map(({ file: { setting }, what }) => settingFault(setting, what, place))
      : [];
  const loop = await loopFault(endpoint, receivers);
  if (loop !== undefined) faults.push(settingFault(['forward', 'endpoint'], loop, place));
  if (faults.length > 0 || 'faults' in files) throw new UserError(faultLines(faults));
  const options = { headers, compression, tls: files.pem, version: version() };
  return protocol === 'grpc'
    ? grpcHop({ ...options, endpoint }, wallClock)
    : httpHop({ ...options, url: signalUrl(endpoint, 'logs') }, wallClock);
}
