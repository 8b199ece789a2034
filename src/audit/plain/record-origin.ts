import type { LogRecord } from '../../gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import type { Request } from '../../model/request.ts';
import type { Micros } from '../../model/time.ts';
import { objectOf } from '../document/any-value-json.ts';
import { EMPTY_OBJECT, type JsonObject, ownValue } from '../document/json.ts';

/** How a request names the cluster of its records. */
export type ClusterNames = Pick<Request, 'cluster' | 'boundCluster'>;

/** Where an event comes from: the record, its resource and the request. */
export interface Origin {
  /** The record's index in its request. */
  readonly record: number;
  /** The index in the request of the record's resource. */
  readonly resourceIndex: number;
  /** The record's time, else its observed time. */
  readonly recordAt: Micros | undefined;
  /** Whether that is the record's own time. */
  readonly isRecordTimed: boolean;
  readonly resource: JsonObject;
  readonly attributes: JsonObject;
  readonly clusters: ClusterNames;
  /** The cluster that an envelope around the event names. */
  readonly envelopeCluster: string | undefined;
  /** The record's attribute with this very key. It alone is decoded. */
  attribute(key: string): unknown;
}

/** For events that are not in an OTLP record. */
export function bareOrigin(record: number, clusters: ClusterNames): Origin {
  return {
    record,
    resourceIndex: 0,
    recordAt: undefined,
    isRecordTimed: false,
    resource: EMPTY_OBJECT,
    attributes: EMPTY_OBJECT,
    clusters,
    envelopeCluster: undefined,
    attribute: () => undefined,
  };
}

/** Attributes are converted once, when they are first read. */
export class RecordOrigin implements Origin {
  readonly record: number;
  readonly resourceIndex: number;
  readonly clusters: ClusterNames;
  readonly envelopeCluster = undefined;
  readonly #resource: () => JsonObject;
  readonly #log: LogRecord;
  #attributes: JsonObject | undefined;

  constructor(
    of: Pick<Origin, 'record' | 'resourceIndex' | 'clusters'>,
    resource: () => JsonObject,
    log: LogRecord,
  ) {
    this.record = of.record;
    this.resourceIndex = of.resourceIndex;
    this.clusters = of.clusters;
    this.#resource = resource;
    this.#log = log;
  }

  get recordAt(): Micros | undefined {
    return microsOfNanos(this.#log.timeUnixNano) ?? microsOfNanos(this.#log.observedTimeUnixNano);
  }

  get isRecordTimed(): boolean {
    return microsOfNanos(this.#log.timeUnixNano) !== undefined;
  }

  get resource(): JsonObject {
    return this.#resource();
  }

  get attributes(): JsonObject {
    this.#attributes ??= objectOf(this.#log.attributes);
    return this.#attributes;
  }

  attribute(key: string): unknown {
    return ownValue(this.attributes, key);
  }
}

/** The same, with the cluster that an envelope names. */
export class NamedOrigin implements Origin {
  readonly envelopeCluster: string;
  readonly #of: Origin;

  constructor(of: Origin, cluster: string) {
    this.#of = of;
    this.envelopeCluster = cluster;
  }

  get record(): number {
    return this.#of.record;
  }

  get resourceIndex(): number {
    return this.#of.resourceIndex;
  }

  get recordAt(): Micros | undefined {
    return this.#of.recordAt;
  }

  get isRecordTimed(): boolean {
    return this.#of.isRecordTimed;
  }

  get resource(): JsonObject {
    return this.#of.resource;
  }

  get attributes(): JsonObject {
    return this.#of.attributes;
  }

  get clusters(): ClusterNames {
    return this.#of.clusters;
  }

  attribute(key: string): unknown {
    return this.#of.attribute(key);
  }
}

/** 0 means "unknown" in OTLP. Microseconds cannot hold a time after the year 2255. */
export function microsOfNanos(nanos: bigint): Micros | undefined {
  const at = Number(nanos / 1000n);
  return nanos > 0n && Number.isSafeInteger(at) ? (at as Micros) : undefined;
}
