import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The scanner's address in the recording, and the address that replaces it, which has a location. */
export const RECORDED_ADDRESS = '127.0.0.1';
export const SHOWN_ADDRESS = '81.2.69.142';

export interface RecordedDay {
  /** Audit log lines: ordinary work, then a scan, then more ordinary work. */
  readonly lines: readonly string[];
  readonly ordinary: number;
  readonly scan: number;
}

/** Part of a real cluster's day, and a real kube-hunter scan of that cluster, as the API server logged them. */
export function recordedDay(): RecordedDay {
  const ordinary = linesOf(gunzipSync(capture('ordinary.ndjson.gz')));
  const scan = linesOf(capture('kube-hunter.ndjson')).map((line) =>
    line.includes('"system:unauthenticated"')
      ? line.replaceAll(`"${RECORDED_ADDRESS}"`, `"${SHOWN_ADDRESS}"`)
      : line,
  );
  const middle = ordinary.length >> 1;
  return {
    lines: [...ordinary.slice(0, middle), ...scan, ...ordinary.slice(middle)],
    ordinary: ordinary.length,
    scan: scan.length,
  };
}

const capture = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/captures/metadata/${name}`, import.meta.url));

const linesOf = (bytes: Buffer): string[] =>
  bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
