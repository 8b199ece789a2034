import { describe, expect, test } from 'vitest';
import type { Request } from '../../../src/model/request.ts';
import { eventList } from '../../support/event-list.ts';
import { request } from '../../support/events.ts';
import { readAll } from './told.ts';

// A request that is JSON is decoded as a whole, and a value of two bytes may take a hundred bytes of memory.

const many = (item: string, count: number) => Array(count).fill(item).join(',');

describe('a request of many JSON values is malformed', () => {
  test.each<[Request['shape'], string]>([
    ['otlp-json', `{"resourceLogs":[${many('{}', 800_000)}]}`],
    ['otlp-json', `{"resourceLogs":[],"x":{${many('"":0', 400_000)}}}`],
    ['event-list', `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${many('[]', 3_000_000)}]}`],
  ])('%s', (shape, text) => {
    expect(() => readAll(request(text, shape), 'auditID')).toThrow(
      'a request with too many JSON values; send smaller batches',
    );
  });
});

test('as much text as fits a request is no matter', () => {
  const body = { stringValue: 'x'.repeat(30_000_000) };
  const text = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body }] }] }] });
  expect(readAll(request(text, 'otlp-json'), 'auditID').report).toMatchObject({ records: 1 });
});

test('the largest batch of an API server, with bodies, is read', () => {
  const list = JSON.parse(eventList('request-response/dangerous.ndjson').toString());
  const items = Array.from({ length: 400 }, (_, i) => list.items[i % list.items.length]);
  const text = JSON.stringify({ ...list, items });
  expect(readAll(request(text, 'event-list'), 'auditID').report).toMatchObject({ events: 400, rejected: 0 });
});

test('a batch of the collector is read', () => {
  const body = {
    stringValue: JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'a' }),
  };
  const attributes = ['a', 'b', 'c', 'd'].map((key) => ({ key, value: { stringValue: 'x' } }));
  const record = { timeUnixNano: '1', observedTimeUnixNano: '1', severityNumber: 9, body, attributes };
  const logRecords = Array(8192).fill(record);
  const text = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  expect(readAll(request(text, 'otlp-json'), 'auditID').report).toMatchObject({ records: 8192 });
});
