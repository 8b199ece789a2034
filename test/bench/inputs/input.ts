import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeLines } from '../../../src/audit/encode-lines.ts';
import { workFolder } from '../harness/work-folder.ts';
import { writeFrames } from './frames.ts';
import { auditLines, type LinesSpec } from './lines.ts';
import { encodeParsed } from './parsed-bodies.ts';
import { productionLines } from './production.ts';

export interface InputSpec extends LinesSpec {
  /** Records a request. */
  readonly records: number;
  readonly body: 'json' | 'kvlist';
  readonly gzip: boolean;
  /** The production mix in place of the captured day; `bytes` and `share` are then its own. */
  readonly mix?: 'production';
  /** About so many bytes of lines in all. */
  readonly total: number;
  /** Also writes the lines into a log file, for what reads one. */
  readonly file?: true;
}

export interface Input {
  readonly spec: InputSpec;
  /** Files of frames: requests as they are sent, and the lines in them. */
  readonly requests: string;
  readonly lines: string;
  /** The log file, where the input has one. */
  readonly file: string;
  readonly count: number;
  readonly records: number;
  /** Of all lines. */
  readonly bytes: number;
}

/** The record that the targets are about. */
export const TYPICAL: InputSpec = {
  level: 'metadata',
  bytes: 980,
  share: 0.01,
  records: 1000,
  body: 'json',
  gzip: false,
  total: 20e6,
};

/** Requests of an input: no fewer than can be told apart, no more than a run sends. */
const LEAST = 3;
const MOST = 20_000;
/** The scan began so long before the run. */
const AGO_MS = 5 * 60_000;

const started = Date.now() - AGO_MS;
const made = new Map<string, Input>();

/** Makes an input's files, or gives those that this run has made. */
export function input(spec: InputSpec): Input {
  const key = JSON.stringify(spec);
  const known = made.get(key) ?? make(spec, join(workFolder(), `input-${made.size}`));
  made.set(key, known);
  return known;
}

function make(spec: InputSpec, path: string): Input {
  const next = requestsOf(spec);
  const requests: Uint8Array[] = [];
  const all: Buffer[] = [];
  let bytes = 0;
  while (requests.length < LEAST || (bytes < spec.total && requests.length < MOST)) {
    const own = next();
    const request =
      spec.body === 'json' ? encodeLines(own, { 'k8s.cluster.name': 'bench' }) : encodeParsed(own);
    requests.push(spec.gzip ? gzipSync(request) : request);
    bytes += own.reduce((sum, line) => sum + line.length, 0);
    if (spec.file) appendFileSync(`${path}.log`, own.map((line) => `${line}\n`).join(''));
    // What is sent over a socket needs no lines, and is too much to keep them.
    if (spec.total <= TYPICAL.total) all.push(...own.map((line) => Buffer.from(line)));
  }
  writeFrames(`${path}-requests`, requests);
  writeFrames(`${path}-lines`, all);
  return {
    spec,
    requests: `${path}-requests`,
    lines: `${path}-lines`,
    file: `${path}.log`,
    count: requests.length,
    records: requests.length * spec.records,
    bytes,
  };
}

/** The lines of one request after another. The time moves by a millisecond a line. */
function requestsOf(spec: InputSpec): () => readonly string[] {
  if (spec.mix === undefined) {
    const lines = auditLines(spec, started);
    return () => Array.from({ length: spec.records }, () => lines.next().value);
  }
  let now = started;
  const requests = productionLines(spec.records, spec.level, () => {
    now += spec.records;
    return now;
  });
  return () => requests.next().value;
}

/** How a title says it: `metadata, 0.98 KB, 1 % hits, 1000 records a request`. */
export function told({ level, bytes, share, records, gzip, mix }: InputSpec): string {
  const size = bytes === 0 ? 'as captured' : `${bytes / 1000} KB`;
  const lines = mix === undefined ? `${size}, ${share * 100} % hits` : `${mix} mix`;
  return `${level}, ${lines}, ${records} ${records === 1 ? 'record' : 'records'} a request${gzip ? ', gzip' : ''}`;
}
