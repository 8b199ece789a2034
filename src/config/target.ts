import type { YamlPath } from '../lib/yaml-source.ts';
import type { QueueBound } from '../model/state.ts';
import type { Ms } from '../model/time.ts';

/** A PEM file, and the setting that names it: a path in the configuration, or an environment variable. */
export interface PemFile {
  readonly path: string;
  readonly setting: YamlPath;
}

/** `cert` and `key` are those of Sidewatch; `ca` must have signed the certificate of the receiver. */
export interface TlsFiles {
  readonly ca?: PemFile;
  readonly cert?: PemFile;
  readonly key?: PemFile;
}

/** A header whose value a file holds. */
export interface HeaderFile {
  readonly name: string;
  readonly path: string;
  readonly prefix: string;
  /** The setting that names the file. */
  readonly setting: YamlPath;
}

export const RECORD_FORMATS = ['otel', 'splunk', 'ocsf'] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

export interface SplunkSettings {
  readonly index: string;
  readonly source?: string | undefined;
  readonly sourcetype: string;
  readonly summaryIndex?: string | undefined;
  readonly auditSearch: string;
}

/** What the records of a target look like. */
export interface RecordOptions {
  readonly format: RecordFormat;
  /** For the format splunk. */
  readonly splunk: SplunkSettings;
  /** The Timestamp of a record: that of its detection, or the time at which it is sent. */
  readonly timestamp: 'event' | 'observed';
  /** Bytes of one record, before compression. */
  readonly bytesMax: number;
}

export interface OtlpTarget {
  readonly name: string;
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** The full URL, with its path; for gRPC without one, or unix:///PATH. */
  readonly url: string;
  /** Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly headerFiles?: readonly HeaderFile[];
  /** Headers with the value of an attribute. */
  readonly eventHeaders?: readonly {
    readonly name: string;
    readonly attribute: string;
    readonly otherwise: string;
  }[];
  readonly keepAlive?: { readonly time: Ms; readonly timeout: Ms; readonly idle: boolean };
  readonly timeout: Ms;
  readonly compression: 'gzip' | 'none';
  readonly tls: TlsFiles;
}

/** Where risk events go. */
export type Target = (OtlpTarget | { readonly name: string; readonly protocol: 'console' }) & {
  readonly record: RecordOptions;
};

/** How risk events wait for a target, and how it is tried again. */
export interface QueueOptions extends QueueBound {
  /** Risk events in one request at most. */
  readonly batch: number;
  /** The longest pause after the first failed attempt, and after any number of them. */
  readonly initialInterval: Ms;
  readonly maxInterval: Ms;
}

/** Where dead letters are kept. */
export interface DeadLetterOptions {
  readonly directory: string;
  /** Bytes that those of one destination may take. */
  readonly most: number;
}

export type QueuedTarget = Target & { readonly queue: QueueOptions };
