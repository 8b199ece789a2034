import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, request } from '../../support/events.ts';
import { readAll } from './told.ts';

// Events of other projects: read in place, not ours to copy. Where the folder is missing, as in every clone, these tests are
// skipped. Their kinds are covered all the same: events of v1beta1, without apiVersion and without a stageTimestamp in
// read.test.ts, refused users and scans in test/golden, on captures of our own.
const SAMPLES = new URL('../../../../shared/samples/', import.meta.url);

describe.skipIf(!existsSync(SAMPLES))(
  'samples beside the project (skipped where the folder is not there)',
  () => {
    const linesOf = (file: string) =>
      readFileSync(new URL(file, SAMPLES), 'utf8').split('\n').filter(Boolean);
    const readLine = (line: string) => readAll(request(line, 'line'), 'auditID', 'responseStatus.code');

    it.each([
      ['audit2rbac_demo.log', 37],
      ['splunk_data_source_example_403.json', 1],
      ['falco_watch_test_event.json', 1],
      ['synthetic_kube-hunter_anonymous.ndjson', 8],
    ])('%s: each line is one event', (file, count) => {
      const lines = linesOf(file);
      expect(lines).toHaveLength(count);
      for (const line of lines)
        expect(readLine(line).report).toMatchObject({ events: 1, rejected: 0, passedBy: {} });
    });

    it('v1beta1, and an event without apiVersion, are events; {"kind": 0} is passed by', () => {
      const read = linesOf('falco_legacy_v1beta1_and_edge.ndjson').map(readLine);
      expect(read.map(({ report }) => [report.events, report.passedBy])).toEqual([
        [1, {}],
        [1, {}],
        [0, { json: 1 }],
      ]);
      expect(read.flatMap(({ seen }) => seen.map(({ about }) => about.timed))).toEqual([true, true]);
    });

    it('the events of 2017, which have only a timestamp, have that time', () => {
      const { seen } = readLine(linesOf('audit2rbac_demo.log')[0]!);
      expect(seen[0]!.about).toMatchObject({ at: at('2017-09-11T19:55:05Z'), timed: true });
    });
  },
);
