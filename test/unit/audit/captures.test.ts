import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Request } from '../../../src/model/request.ts';
import { request } from '../../support/events.ts';
import { pathsOf, readAll } from './told.ts';

const CAPTURES = new URL('../../captures/', import.meta.url);

function load(file: string): Buffer {
  const bytes = readFileSync(new URL(file, CAPTURES));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

const linesOf = (file: string) => load(file).toString().split('\n').filter(Boolean);

/** Every path of every event, and one scope, so that each reader is asked for all that is there. */
function fieldsOf(lines: readonly string[]): string[] {
  return [
    ...new Set(lines.flatMap((line) => pathsOf(JSON.parse(line)))),
    'requestObject.spec.containers[].name',
  ];
}

describe.each(['metadata', 'request-response'])('captures/%s', (folder) => {
  it.each(readdirSync(new URL(`${folder}/`, CAPTURES)))(
    '%s: each line is one event, timed, and told as it stands',
    (file) => {
      const lines = linesOf(`${folder}/${file}`);
      expect(lines.length).toBeGreaterThan(4);
      for (const line of lines) {
        const { seen, report } = readAll(request(line, 'line'), 'auditID', 'verb', 'responseStatus.code');
        expect(report).toEqual({ records: 1, events: 1, passedBy: {}, rejected: 0 });
        const event = JSON.parse(line);
        const code = event.responseStatus?.code;
        expect(seen[0]!.about.timed).toBe(true);
        expect(seen[0]!.told).toEqual({
          auditID: ['value', event.auditID],
          verb: ['value', event.verb],
          'responseStatus.code': code === undefined ? ['absent'] : ['value', code],
        });
      }
    },
  );
});

describe('captures/otlp', () => {
  const lines = linesOf('metadata/kube-hunter.ndjson');
  const fields = fieldsOf(lines);
  const expected = lines.map((line) => readAll(request(line, 'line'), ...fields).seen[0]!);

  it.each<[string, Request['shape'], (bytes: Buffer) => Buffer]>([
    ['grpc.bin', 'otlp', (bytes) => bytes],
    ['http-protobuf.bin', 'otlp', (bytes) => bytes],
    ['http-gzip.bin', 'otlp', gunzipSync],
    ['http-zstd.bin', 'otlp', zstdDecompressSync],
    ['http-json.json', 'otlp-json', (bytes) => bytes],
    ['http-json.json', 'line', (bytes) => bytes],
    ['http-parsed-body.bin', 'otlp', (bytes) => bytes],
    ['http-parsed-attributes.bin', 'otlp', (bytes) => bytes],
  ])('%s as %s holds the events of the log, field by field', (file, shape, unpack) => {
    const { seen, report } = readAll(request(unpack(load(`otlp/kube-hunter.${file}`)), shape), ...fields);
    expect(report).toEqual({ records: 20, events: 20, passedBy: {}, rejected: 0 });
    expect(seen.map(({ told }) => told)).toEqual(expected.map(({ told }) => told));
    expect(seen.map(({ about }) => about)).toEqual(
      expected.map(({ about }, record) => ({ ...about, record, recordAt: expect.any(Number) })),
    );
  });

  it('tells resource, record and cluster', () => {
    const named = ['k8s.cluster.name', 'resource.com.splunk.sourcetype', 'record.log.file.path'];
    const { seen } = readAll(request(load('otlp/kube-hunter.grpc.bin'), 'otlp'), ...named);
    expect(Object.values(seen[19]!.told)).toEqual([
      ['value', 'prod-eu-1'],
      ['value', 'kube:apiserver-audit'],
      ['value', '/var/log/kubernetes/apiserver/audit.log'],
    ]);
  });

  it('parsed attributes keep the text as the body, and can be asked for', () => {
    const { seen } = readAll(
      request(load('otlp/kube-hunter.http-parsed-attributes.bin'), 'otlp'),
      'record.user.groups',
      'user.groups',
    );
    for (const { told } of seen) expect(told['record.user.groups']).toEqual(told['user.groups']);
  });
});

describe('captures/webhook', () => {
  it.each([
    ['eventlist-small.json', 2],
    ['eventlist-scan.json.gz', 3],
  ])('%s: each item is an event', (file, count) => {
    const bytes = load(`webhook/${file}`);
    const { items } = JSON.parse(bytes.toString());
    expect(items).toHaveLength(count);
    const fields = fieldsOf(items.map((item: object) => JSON.stringify(item)));
    const { seen, report } = readAll(request(bytes, 'event-list'), ...fields);
    expect(report).toEqual({ records: items.length, events: items.length, passedBy: {}, rejected: 0 });
    // An item with what makes it an event by itself reads the same.
    expect(seen.map(({ told }) => told)).toEqual(
      items.map((item: object) => readAll(request(JSON.stringify(item), 'line'), ...fields).seen[0]!.told),
    );
  });
});
