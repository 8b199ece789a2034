import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const captures = new URL('../captures/metadata/', import.meta.url);

/** `count` captured audit lines: the ordinary day over and over, `share` of them of the scan. */
export function mixedLines(count: number, share: number): string[] {
  const ordinary = gunzipSync(readFileSync(new URL('ordinary.ndjson.gz', captures)))
    .toString()
    .trim()
    .split('\n');
  const scan = readFileSync(new URL('kube-hunter.ndjson', captures), 'utf8').trim().split('\n');
  const every = share > 0 ? Math.round(1 / share) : Number.POSITIVE_INFINITY;
  return Array.from({ length: count }, (_, i) =>
    i % every === every - 1 ? scan[Math.floor(i / every) % scan.length]! : ordinary[i % ordinary.length]!,
  );
}
