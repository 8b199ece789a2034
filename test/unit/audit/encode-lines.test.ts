import { expect, it } from 'vitest';
import { encodeLines } from '../../../src/audit/encode-lines.ts';
import { request } from '../../support/events.ts';
import { readAll } from './told.ts';

it('encodes a record a line, with the resource', () => {
  const lines = ['{"auditID":"1","stage":"s"}', 'text', '{"auditID":"\ud83d","stage":"s"}'];
  const bytes = encodeLines(lines, { 'k8s.cluster.name': 'blue' });
  const { seen, report } = readAll(request(bytes, 'otlp'), 'auditID', 'k8s.cluster.name');
  expect(report).toMatchObject({ records: 3, events: 2, passedBy: { text: 1 } });
  expect(seen.map(({ told }) => told)).toEqual([
    { auditID: ['value', '1'], 'k8s.cluster.name': ['value', 'blue'] },
    { auditID: ['value', '\ufffd'], 'k8s.cluster.name': ['value', 'blue'] },
  ]);
});
