import type * as z from 'zod';
import type { YamlPath } from '../lib/yaml-source.ts';
import { addressOrNetwork } from '../schema/network-shapes.ts';
import { closedMap, list, section, text, wholeNumber, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { DELIVERY, TOP_LEVEL } from './collector-keys.ts';
import { destinations } from './destinations-schema.ts';
import { forward } from './forward-schema.ts';
import { limits, memoryLimits } from './limits-schema.ts';
import { receivers } from './receivers-schema.ts';
import { risk } from './risk-schema.ts';
import { routes } from './routes-schema.ts';
import { rules } from './rules-schema.ts';
import { storage } from './storage-schema.ts';
import { telemetry } from './telemetry-schema.ts';

const client = closedMap({
  trusted_proxies: list(addressOrNetwork(), 'a list of addresses and networks')
    .default([])
    .describe(
      'Proxies whose X-Forwarded-For header is trusted; the header of any other sender is ignored. A network of IPv6 (`::/0`) holds no IPv4 addresses.',
    ),
  ipv6_prefix: wholeNumber(0, 128)
    .default(64)
    .describe('IPv6 clients of one network of this size count as one client.'),
});

const geo = closedMap({
  city: text('dbip-lite, none or the path of a database')
    .default('dbip-lite')
    .describe(
      'Where addresses are located: the embedded DB-IP City Lite, a file with cities or countries (.mmdb, such as GeoIP2 City or GeoLite2 Country), or nowhere. A file is read into memory; if it changes, it is read again within a minute, and for a moment both are in memory. If it is broken then, the old data stay in use, with a warning and a count (`geo_reloads`). Private addresses, and others that belong to no place, are never looked up.',
    ),
});

const delivery = closedMap({
  drain: duration('0s', '1h')
    .prefault('10s')
    .describe(
      'How long a stop waits for delivery. Risk events that are left then are lost, and counted; with `storage.kind: sqlite` they stay in the store.',
    ),
  directory: text('a path')
    .optional()
    .describe(
      'A folder for dead letters: risk events that a destination refused for good, or that had to leave a full queue. Without it they lie beside the store, in `dead-letters` of `storage.directory`; without a store they are lost. It is made if it is not there.',
    ),
  max_dead_letters_mib: wholeNumber(1, 65_536)
    .default(128)
    .describe(
      'How large the dead letters of one destination may become, in MiB. Beyond it the oldest are deleted and counted.',
    ),
});

/**
 * The configuration file: its keys, their kinds, defaults and descriptions. This file and those of the larger sections are
 * the one place for them.
 */
export const schema = section(
  withInstead(
    closedMap({
      receivers,
      memory_limiter: memoryLimits,
      rules,
      client: section(client),
      geo: section(geo),
      risk,
      storage,
      destinations,
      routes,
      delivery: section(withInstead(delivery, DELIVERY)),
      forward,
      limits,
      telemetry,
    }),
    TOP_LEVEL,
  ),
);

type Frozen<T> = T extends string | number | boolean | undefined
  ? T
  : { readonly [K in keyof T]: Frozen<T[K]> };

/** `sidewatch.yaml:4`: the place of a key in the file; undefined for a key that the file does not have. */
export type SettingPlace = (path: YamlPath) => string | undefined;

/** The configuration as the other parts see it: defaults filled in, times as Ms, deep-frozen. */
export type Config = Frozen<z.output<typeof schema>> & {
  /** For parts that find a fault in a value later. Missing where there is no file. */
  readonly place?: SettingPlace;
};
export type DestinationConfig = Config['destinations'][string];
type Protocols = NonNullable<Config['receivers']['otlp']>['protocols'];
export type GrpcReceiverConfig = NonNullable<Protocols['grpc']>;
export type HttpReceiverConfig = NonNullable<Protocols['http']>;
export type WebhookReceiverConfig = NonNullable<Config['receivers']['kubernetes_audit_webhook']>;
/** What all receivers have in common. */
export type ReceiverConfig = GrpcReceiverConfig | HttpReceiverConfig | WebhookReceiverConfig;
