import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';
import { ExportLogsServiceResponseSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Verdict } from '../../../src/model/request.ts';
import { FAULT, REPLY, reply } from '../../../src/receive/reply.ts';
import { readStatus } from './client.ts';

const codes = (verdict: Verdict) => {
  const { grpc, http } = reply(verdict);
  return [grpc, http];
};

describe('codes', () => {
  it('takes overload and unavailability as something to repeat, never as RESOURCE_EXHAUSTED', () => {
    const more = { retryAfter: seconds(1), why: 'w' };
    expect(codes({ kind: 'overloaded', ...more })).toEqual([14, 429]);
    expect(codes({ kind: 'unavailable', ...more })).toEqual([14, 503]);
  });

  it('takes what a retry would not help as final', () => {
    expect(codes({ kind: 'malformed', why: 'w' })).toEqual([3, 400]);
    expect(codes({ kind: 'too_large', why: 'w' })).toEqual([8, 413]);
    expect(codes({ kind: 'unauthenticated', why: 'w' })).toEqual([16, 401]);
    expect(codes({ kind: 'accepted', rejected: 0 })).toEqual([0, 200]);
  });

  it('has a row for each verdict of ours', () => {
    expect(Object.keys(REPLY).sort()).toEqual([
      'accepted',
      'malformed',
      'overloaded',
      'too_large',
      'unauthenticated',
      'unavailable',
    ]);
  });

  it("gives the next hop's code as it came, and to HTTP as the collector maps it", () => {
    const http = (code: number) => codes({ kind: 'relayed', code, status: new Uint8Array() });
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map(http)).toEqual([
      [0, 200],
      [1, 503],
      [2, 500],
      [3, 400],
      [4, 503],
      [5, 500],
      [6, 500],
      [7, 403],
      [8, 429],
      [9, 500],
      [10, 503],
      [11, 503],
      [12, 404],
      [13, 500],
      [14, 503],
      [15, 503],
      [16, 401],
    ]);
  });
});

describe('a response', () => {
  it('has no bytes where everything was taken', () => {
    expect(reply({ kind: 'accepted', rejected: 0 }).bytes).toHaveLength(0);
  });

  it('says how many records were rejected and why', () => {
    const { bytes } = reply({ kind: 'accepted', rejected: 3, why: 'record 2 is cut short' });
    expect(fromBinary(ExportLogsServiceResponseSchema, bytes).partialSuccess).toMatchObject({
      rejectedLogRecords: 3n,
      errorMessage: 'record 2 is cut short',
    });
  });

  it('can warn where nothing was rejected', () => {
    const { bytes } = reply({ kind: 'accepted', rejected: 0, why: 'send smaller requests' });
    expect(fromBinary(ExportLogsServiceResponseSchema, bytes).partialSuccess).toMatchObject({
      rejectedLogRecords: 0n,
      errorMessage: 'send smaller requests',
    });
  });

  it("is the next hop's own body where that said OK", () => {
    const body = Uint8Array.of(10, 2, 8, 1);
    expect(reply({ kind: 'relayed', code: 0, status: new Uint8Array(), body }).bytes).toBe(body);
  });
});

describe('a status', () => {
  it('tells when to come again, to the millisecond', () => {
    for (const delay of [0, 1, 999, 1000, 2500, 60_000])
      expect(readStatus(reply({ kind: 'overloaded', retryAfter: millis(delay), why: 'full' }).bytes)).toEqual(
        {
          code: 14,
          message: 'full',
          retryAfter: delay,
        },
      );
  });

  it('has no RetryInfo where a retry would not help', () => {
    expect(readStatus(reply({ kind: 'malformed', why: 'not OTLP' }).bytes)).toEqual({
      code: 3,
      message: 'not OTLP',
      retryAfter: undefined,
    });
  });

  it("is the next hop's, byte for byte, and its text is the message", () => {
    const status = toBinary(StatusSchema, create(StatusSchema, { code: 14, message: 'next is full' }));
    const made = reply({ kind: 'relayed', code: 14, status });
    expect(made.bytes).toBe(status);
    expect(made.message).toBe('next is full');
  });

  it("answers with the code alone where the next hop's status cannot be read", () => {
    expect(reply({ kind: 'relayed', code: 14, status: Uint8Array.of(255, 255) })).toMatchObject({
      grpc: 14,
      message: '',
    });
  });

  it('cuts a long text and mends a broken surrogate, so that it fits in a header', () => {
    const { message, bytes } = reply({ kind: 'malformed', why: `\ud800${'é'.repeat(10_000)}` });
    expect(message).toBe(`\ufffd${'é'.repeat(511)}`);
    expect(encodeURI(message).length + (bytes.length * 4) / 3).toBeLessThan(8 * 1024);
  });

  it('tells nothing of a bug of ours', () => {
    expect(FAULT).toMatchObject({ grpc: 13, http: 500, message: 'internal error' });
    expect(readStatus(FAULT.bytes)).toMatchObject({ code: 13, message: 'internal error' });
  });
});
