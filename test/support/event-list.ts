import { readFileSync } from 'node:fs';

/** A captured audit log as an API server's webhook sends it: one EventList, whose items have neither kind nor apiVersion. */
export function eventList(capture: string): Buffer {
  const lines = readFileSync(new URL(`../captures/${capture}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const items = lines.map((line) => {
    const { kind: _, apiVersion: __, ...item } = JSON.parse(line);
    return item;
  });
  return Buffer.from(
    JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items }),
  );
}
