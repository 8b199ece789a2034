import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { decodeOtlp } from '../../src/audit/otlp.ts';
import { compilePlan } from '../../src/audit/plan.ts';
import { read } from '../../src/audit/read.ts';
import { readPlainly } from '../../src/audit/read-plainly.ts';
import { loadDetector } from '../../src/commands/detector.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Envelope, EventReader } from '../../src/model/event.ts';
import { createCounters } from '../../src/ops/counters.ts';
import { request } from '../support/events.ts';
import { requests } from './mix.ts';

// Reading (and matching) without the network: node test/bench/read.bench.ts [ROUNDS]. Each measurement is a process of its
// own, alternating with its baseline, utf8 decode + JSON.parse of the same bodies.
const [mode = '9', size = '980', share = '0.01'] = process.argv.slice(2);

if (/^\d+$/.test(mode)) parent(Number(mode));
else child(mode, Number(size), Number(share));

function parent(rounds: number): void {
  console.log(
    `${cpus()[0]!.model} x ${cpus().length}, Node ${process.version}, n=${rounds}; k records per second, median [range]; ratio to JSON.parse, paired`,
  );
  for (const bytes of [0, 980, 5000, 20_000, 50_000]) {
    const results = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const name of ['parse', 'plain', 'bytes', 'match', 'walk']) {
        const out = execFileSync(process.execPath, [import.meta.filename, name, String(bytes), '0.01'], {
          encoding: 'utf8',
        });
        results.set(name, [...(results.get(name) ?? []), Number(out)]);
      }
    }
    const base = results.get('parse')!;
    for (const [name, values] of results) {
      const ratios = values.map((value, i) => value / base[i]!);
      console.log(
        `${String(bytes || 750).padStart(6)} B  ${name.padEnd(6)} ${spread(values, 0).padEnd(22)} ${((median(values) * (bytes || 750)) / 1000).toFixed(0).padStart(6)} MB/s  ${spread(ratios, 1)}`,
      );
    }
  }
}

function child(name: string, bytes: number, share: number): void {
  const bodies = requests(
    Math.max(2, Math.min(20, Math.round(2e7 / (1000 * (bytes || 750))))),
    1000,
    share,
    bytes,
  );
  const config = loadConfig(undefined, {}, () => '');
  if ('errors' in config) throw new Error('config');
  const { detector } = loadDetector(config.config, createCounters());
  let hits = 0;
  const plan = name === 'walk' ? compilePlan([]) : detector.plan;
  const matched = () => {
    hits++;
  };
  const nothing = () => {};
  const match = (event: EventReader, _: Envelope) => detector.matcher.match(event, detector.derived, matched);
  const run: Record<string, (body: Uint8Array) => unknown> = {
    parse: (body) => {
      const decoded = texts.get(body)!;
      for (const text of decoded) hits += (JSON.parse(utf8.decode(text)) as { level: string }).level.length;
      return undefined;
    },
    plain: (body) => readPlainly(request(body, 'otlp'), plan, nothing),
    bytes: (body) => read(request(body, 'otlp'), plan, nothing),
    match: (body) => read(request(body, 'otlp'), plan, match),
    walk: (body) => read(request(body, 'otlp'), plan, nothing),
  };
  const utf8 = new TextDecoder();
  const texts = new Map<Uint8Array, Uint8Array[]>();
  if (name === 'parse') {
    for (const body of bodies) {
      const decoded = decodeOtlp(body);
      if ('malformed' in decoded) throw new Error('malformed');
      texts.set(
        body,
        decoded.resourceLogs.flatMap((r) =>
          r.scopeLogs.flatMap((s) => s.logRecords.map((l) => Buffer.from(l.body!.value.value as string))),
        ),
      );
    }
  }
  const go = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) for (const body of bodies) await run[name]!(body);
  };
  const target = Math.max(1, Math.round(2e9 / (bodies.length * 1000 * (bytes || 750))));
  void (async () => {
    await go(Math.max(1, target >> 1));
    const before = process.cpuUsage();
    await go(target);
    const { user } = process.cpuUsage(before);
    console.log((target * bodies.length * 1000 * 1000) / user);
    if (hits < 0) console.log(hits);
  })();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
function spread(values: readonly number[], digits: number): string {
  return `${median(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}]`;
}
