import { describe, expect, test } from 'vitest';
import type { RecordOptions } from '../../../src/config/target.ts';
import { encodedRequest } from '../../../src/export/logs-request.ts';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import { consoleLines, otlpRecords } from '../../../src/setup/destination-formats.ts';
import { TEN } from '../../support/events.ts';
import { aRiskEvent } from '../export/loopback.ts';

const KIB = 1024;
const OPTIONS: RecordOptions = {
  format: 'otel',
  splunk: { index: 'risk', sourcetype: 'sidewatch:risk', auditSearch: 'index=k8s' },
  timestamp: 'event',
  bytesMax: 8 * KIB,
};
const FORMATS = ['otel', 'splunk', 'ocsf'] as const;

function event(more: RiskEvent['attributes'] = {}): RiskEvent {
  const detection = { id: 'd', rule: 'r', window: [TEN, TEN], seen: [TEN, TEN] } as unknown as Detection;
  return { ...aRiskEvent('a', { 'security_rule.uuid': 'r', ...more }), detection };
}

const LARGE = event({
  'sidewatch.values.requestURI': Array.from({ length: 500 }, (_, i) => `/api/v1/"quoted"/${i}/é`),
  'user_agent.original': '\\"'.repeat(5000),
});

describe.each(FORMATS)('a record in the format %s', (format) => {
  test.each([false, true])('fits, as it is sent (JSON: %s)', (isJson) => {
    let cut = 0;
    const records = otlpRecords({ ...OPTIONS, format }, isJson, () => cut++)([LARGE], TEN);
    const size = encodedRequest(records, isJson).length;
    expect(size).toBeLessThanOrEqual(8 * KIB);
    expect(size).toBeGreaterThan(4 * KIB);
    expect(cut).toBe(1);
    expect(records[0]!.attributes['sidewatch.values.truncated']).toEqual([
      'requestURI',
      'user_agent.original',
    ]);
  });

  test('fits on stdout too, where it is one line of JSON', () => {
    const lines = consoleLines({ ...OPTIONS, format }, () => {})([LARGE, event()], TEN).split('\n');
    expect(lines).toHaveLength(3);
    expect(Buffer.byteLength(lines[0]!)).toBeLessThan(8 * KIB);
    const json = lines.slice(0, 2).map((line) => JSON.parse(line));
    expect(
      json.map((one) => (format === 'ocsf' ? one.metadata.uid : one.attributes['log.record.uid'])),
    ).toEqual(['a', 'a']);
  });

  test('has the time of the attempt, if that is wanted', () => {
    const observed = (TEN + 7_200_000_000) as typeof TEN;
    const [record] = otlpRecords({ ...OPTIONS, format, timestamp: 'observed' }, false, () => {})(
      [event()],
      observed,
    );
    expect(record!.hrTime).toEqual([observed / 1_000_000, 0]);
  });
});
