import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ChannelCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { seconds } from '../../lib/time-format.ts';
import type { Ms } from '../../model/time.ts';
import { wallClock } from '../../ops/clock.ts';
import { firstToken } from '../../setup/first-token.ts';
import { UserError } from '../../setup/user-error.ts';
import { userFile } from '../../setup/user-file.ts';
import { type CollectorOptions, sendAsCollector } from '../collector/send-as-collector.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { type DeliveryFigures, type DestinationFigures, deliveryFigures } from './delivery-figures.ts';
import { syntheticScan } from './synthetic-scan.ts';

export interface ScanTestOptions {
  /** host:port of OTLP over gRPC; TLS with `caFile`, or where it begins with https:// . */
  readonly endpoint: string;
  /** The URL of /metrics. Without it, the answer of the receiver is all that is looked at. */
  readonly metrics?: string;
  /** Name of the rule that must find the scan. */
  readonly rule: string;
  readonly cluster: string;
  readonly timeout: Ms;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly tokenFile?: string;
}

const BETWEEN = seconds(0.5);
/** Answers that the next attempt may not get: the receiver is not there, or has no room. */
const PASSING: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);

/** Sends a synthetic scan, and waits until its risk event has left. Resolves with the exit code. */
export async function scanTest(options: ScanTestOptions): Promise<number> {
  const { endpoint, metrics, rule, timeout } = options;
  const signal = AbortSignal.timeout(timeout);
  const print = printer(process.stdout);
  const { client, lines } = syntheticScan(wallClock());
  const sending = connectionOf(options, signal);
  const figures = (url: string) => retried(() => scraped(url, rule, signal), signal);
  try {
    const before = metrics === undefined ? undefined : await figures(metrics);
    if (before?.namesRules && before.detections === undefined)
      throw new Failed(
        `no metric of ${metrics} names the rule ${rule}: it is off, or has another name (sidewatch rules list)`,
      );
    await retried(() => sendAsCollector(address(endpoint), lines, sending), signal);
    await print(`accepted by ${endpoint}: ${lines.length} audit events of a synthetic scan from ${client}\n`);
    if (metrics === undefined || !before) {
      await print('whether a risk event left was not looked at: there is no --metrics\n');
      return 0;
    }
    const after = await settled(() => figures(metrics), before, signal);
    const rows = changes(before, after).map((row) => [row.name, ...SHOWN.map((key) => String(row[key]))]);
    await print(columns([['DESTINATION', ...SHOWN.map((key) => key.toUpperCase())], ...rows]));
    const why = faultIn(before, after);
    if (why !== undefined) throw new Failed(`${rule}: ${why} within ${timeout / 1000} s`);
    await print(`${rule} found the scan, and its risk event was delivered\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    throw new UserError([error.message]);
  }
}

/** The test has not passed. */
class Failed extends Error {}

const SHOWN = ['delivered', 'waiting', 'lost'] as const;

const address = (endpoint: string): string => endpoint.replace(/^https?:\/\/([^/]*)\/?$/i, '$1');

function connectionOf(options: ScanTestOptions, signal: AbortSignal): CollectorOptions {
  const { endpoint, cluster, caFile, certFile, keyFile, tokenFile } = options;
  const token = tokenFile === undefined ? undefined : firstToken(tokenFile);
  const files = { ca: caFile, cert: certFile, key: keyFile };
  const tls = caFile !== undefined || /^https:/i.test(endpoint) ? secureWith(files) : undefined;
  return { cluster, signal, ...(tls && { tls }), ...(token !== undefined && { token }) };
}

/** The certificate of the receiver itself is an authority too: whoever can read it may trust it. */
function secureWith(files: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>): ChannelCredentials {
  const keys = Object.entries(files).flatMap(([key, path]) =>
    path === undefined ? [] : [[key, read(path)]],
  );
  const context: SecureContextOptions = { ...Object.fromEntries(keys), allowPartialTrustChain: true };
  try {
    // An authority that is none would be ignored.
    if (typeof context.ca === 'string') new X509Certificate(context.ca);
    return ChannelCredentials.createFromSecureContext(createSecureContext(context));
  } catch (error) {
    const named = Object.values(files).filter((path) => path !== undefined);
    throw new UserError([`${named.join(', ')}  cannot be used for TLS: ${(error as Error).message}`]);
  }
}

function read(path: string): string {
  const file = userFile(path);
  if ('why' in file) throw new UserError([`${path}  ${file.why}`]);
  return file.text;
}

/** Tries until the time is over: right after an installation the pod has not started yet. */
async function retried<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let why = 'no answer';
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      const { code, message } = error as Partial<ServiceError> & Error;
      if (signal.aborted) break;
      why = message;
      if (typeof code === 'number' && !PASSING.has(code)) break;
    }
    await pause(BETWEEN, undefined, { signal }).catch(() => {});
  }
  throw new Failed(why);
}

async function scraped(url: string, rule: string, signal: AbortSignal): Promise<DeliveryFigures> {
  const answer = await fetch(url, { signal }).catch(({ message, cause }: Error) => {
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : message}`);
  });
  if (answer.status !== 200) throw new Error(`${url} answered HTTP ${answer.status}`);
  return deliveryFigures(await answer.text(), rule);
}

/** The figures when nothing is to be expected any more. */
async function settled(
  figures: () => Promise<DeliveryFigures>,
  before: DeliveryFigures,
  signal: AbortSignal,
): Promise<DeliveryFigures> {
  let after = before;
  for (;;) {
    try {
      after = await figures();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted || isLost(before, after) || faultIn(before, after) === undefined) return after;
    await pause(BETWEEN, undefined, { signal }).catch(() => {});
  }
}

type Change = DestinationFigures & { readonly name: string };

function changes(before: DeliveryFigures, after: DeliveryFigures): readonly Change[] {
  return Array.from(after.destinations, ([name, now]) => {
    const then = before.destinations.get(name) ?? { delivered: 0, waiting: 0, lost: 0 };
    return {
      name,
      delivered: now.delivered - then.delivered,
      // Others may have waited before.
      waiting: Math.max(now.waiting - then.waiting, 0),
      lost: now.lost - then.lost,
    };
  });
}

const isLost = (before: DeliveryFigures, after: DeliveryFigures): boolean =>
  changes(before, after).some(({ lost }) => lost > 0);

/** What has not happened; undefined where all has. */
function faultIn(before: DeliveryFigures, after: DeliveryFigures): string | undefined {
  if (after.namesRules && (after.detections ?? 0) <= (before.detections ?? 0))
    return 'the rule did not find the scan';
  const all = changes(before, after);
  const names = (kind: 'lost' | 'waiting') =>
    all
      .filter((change) => change[kind] > 0)
      .map(({ name }) => name)
      .join(', ');
  if (names('lost')) return `the risk event was refused or dropped (${names('lost')})`;
  if (names('waiting')) return `the risk event was not delivered to ${names('waiting')}`;
  return all.some(({ delivered }) => delivered > 0) ? undefined : 'no risk event was delivered';
}
