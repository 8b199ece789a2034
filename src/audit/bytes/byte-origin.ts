import { fromBinary } from '@bufbuild/protobuf';
import { ResourceSchema } from '../../gen/opentelemetry/proto/resource/v1/resource_pb.ts';
import type { Micros } from '../../model/time.ts';
import { objectOf } from '../document/any-value-json.ts';
import { EMPTY_OBJECT, type JsonObject } from '../document/json.ts';
import { decodeRecord } from '../plain/decode-otlp.ts';
import { lenientUtf8 } from '../plain/lenient-utf8.ts';
import { type ClusterNames, microsOfNanos, type Origin } from '../plain/record-origin.ts';
import type { RequestWalk } from './request-walk.ts';

const Resource = lenientUtf8(ResourceSchema);

/** What surrounds the event in the current record of a walk. Decoded when it is read. One object for a whole request. */
export class ByteOrigin implements Origin {
  readonly clusters: ClusterNames;
  readonly #u8: Buffer;
  readonly #walk: RequestWalk;
  #resourceOf = -1;
  #resource: JsonObject = EMPTY_OBJECT;
  #attributesOf = -1;
  #attributes: JsonObject = EMPTY_OBJECT;
  record = 0;

  constructor(u8: Buffer, walk: RequestWalk, clusters: ClusterNames) {
    this.#u8 = u8;
    this.#walk = walk;
    this.clusters = clusters;
  }

  get resourceIndex(): number {
    return this.#walk.resource;
  }

  get recordAt(): Micros | undefined {
    return this.#time(this.#walk.timeAt) ?? this.#time(this.#walk.observedAt);
  }

  get isRecordTimed(): boolean {
    return this.#time(this.#walk.timeAt) !== undefined;
  }

  get resource(): JsonObject {
    const { resourceStart, resourceEnd } = this.#walk;
    if (resourceStart !== this.#resourceOf) {
      this.#resourceOf = resourceStart;
      this.#resource =
        resourceEnd === 0
          ? EMPTY_OBJECT
          : objectOf(fromBinary(Resource, this.#u8.subarray(resourceStart, resourceEnd)).attributes);
    }
    return this.#resource;
  }

  get attributes(): JsonObject {
    const { recordStart: start, recordEnd: end } = this.#walk;
    if (start !== this.#attributesOf) {
      this.#attributesOf = start;
      this.#attributes = objectOf(decodeRecord(this.#u8.subarray(start, end)).attributes);
    }
    return this.#attributes;
  }

  #time(at: number): Micros | undefined {
    return at < 0 ? undefined : microsOfNanos(this.#u8.readBigUInt64LE(at));
  }
}
