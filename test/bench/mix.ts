import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { encodeLines } from '../../src/audit/encode.ts';

const captures = new URL('../captures/', import.meta.url);
const lines = (name: string) =>
  gunzipSync(readFileSync(new URL(name, captures)))
    .toString()
    .trim()
    .split('\n');

/** A refused anonymous request of its own: address, Audit-ID and times differ from all others. */
function hit(template: string, n: number): string {
  const micros = String(n % 1_000_000).padStart(6, '0');
  const second = String(Math.floor(n / 1_000_000) % 60).padStart(2, '0');
  return template
    .replace(/"auditID":"[^"]+"/, `"auditID":"00000000-0000-4000-8000-${String(n).padStart(12, '0')}"`)
    .replace(/"sourceIPs":\["[^"]+"\]/, `"sourceIPs":["81.2.${(n >> 4) % 250}.${n % 16}"]`)
    .replace(
      /"(requestReceivedTimestamp|stageTimestamp)":"[^"]+"/g,
      `"$1":"2026-11-25T03:48:${second}.${micros}Z"`,
    );
}

/**
 * Serialised OTLP requests: `records` captured lines each (the ordinary day, Metadata level, padded to `bytes` a record
 * on average), `share` of them hits of the scanning rules.
 */
export function requests(count: number, records: number, share: number, bytes = 0): Uint8Array[] {
  const ordinary = lines('metadata/ordinary.ndjson.gz');
  const template = readFileSync(new URL('metadata/kube-hunter.ndjson', captures), 'utf8')
    .split('\n')
    .find((line) => line.includes('"code":403'))!;
  const mean = ordinary.reduce((sum, line) => sum + line.length, 0) / ordinary.length;
  const padding = 'x'.repeat(Math.max(0, Math.round(bytes - mean)));
  const every = share > 0 ? Math.round(1 / share) : Number.POSITIVE_INFINITY;
  let n = 0;
  return Array.from({ length: count }, () => {
    const bodies = Array.from({ length: records }, () => {
      n++;
      const line = n % every === 0 ? hit(template, n) : ordinary[n % ordinary.length]!;
      return padding === '' ? line : line.replace('"userAgent":"', `"userAgent":"${padding}`);
    });
    return encodeLines(bodies, { 'k8s.cluster.name': 'bench' });
  });
}
