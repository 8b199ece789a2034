import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export type Level = 'metadata' | 'request-response';

const captures = new URL('../../captures/', import.meta.url);

function lines(name: string): string[] {
  const bytes = readFileSync(new URL(name, captures));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
}

/** The audit lines of an ordinary day. */
export const ordinaryLines = (level: Level): string[] => lines(`${level}/ordinary.ndjson.gz`);

/** The audit lines of a scan. */
export const scanLines = (): string[] => lines('metadata/kube-hunter.ndjson');

/** What the API server answered in captured RequestResponse events, as it writes it: <, > and & escaped. */
export function responseObjects(): string[] {
  return ['ordinary', 'startup'].flatMap((name) =>
    lines(`request-response/${name}.ndjson.gz`).flatMap((line) => {
      const { responseObject } = JSON.parse(line) as { responseObject?: object };
      if (responseObject === undefined) return [];
      const text = JSON.stringify(responseObject);
      return [text.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)];
    }),
  );
}
