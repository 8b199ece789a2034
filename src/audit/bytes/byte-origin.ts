import type { Micros } from '../../model/time.ts';
import { objectOf } from '../document/any-value-json.ts';
import { EMPTY_OBJECT, type JsonObject } from '../document/json.ts';
import { decodeResource } from '../plain/decode-otlp.ts';
import { type ClusterNames, microsOfNanos, type Origin } from '../plain/record-origin.ts';
import type { RequestWalk } from './request-walk.ts';

/** What surrounds the event in the current record of a walk. Decoded when it is read. One object for a whole request. */
export class ByteOrigin implements Origin {
  readonly clusters: ClusterNames;
  readonly envelopeCluster = undefined;
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
          : objectOf(decodeResource(this.#u8.subarray(resourceStart, resourceEnd)).attributes);
    }
    return this.#resource;
  }

  get attributes(): JsonObject {
    const { recordStart: start } = this.#walk;
    if (start !== this.#attributesOf) {
      this.#attributes = objectOf(this.#walk.attributes());
      this.#attributesOf = start;
    }
    return this.#attributes;
  }

  attribute(key: string): unknown {
    return this.#walk.attribute(key);
  }

  #time(at: number): Micros | undefined {
    return at < 0 ? undefined : microsOfNanos(this.#u8.readBigUInt64LE(at));
  }
}
