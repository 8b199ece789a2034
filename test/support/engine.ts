import { read } from '../../src/audit/read.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { MemoryState } from '../../src/correlate/memory-state.ts';
import type { Geo, Place } from '../../src/enrich/place.ts';
import type { Handle, Verdict } from '../../src/model/request.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros } from '../../src/model/time.ts';
import { pipeline } from '../../src/pipeline.ts';
import { renderer } from '../../src/risk/render.ts';
import { geoOf, loadDetector } from '../../src/setup/detector.ts';
import { TestCounters } from './counters.ts';
import { type AuditEvent, otlpBytes, request } from './events.ts';

const place = (countryCode: string, country: string, city: string): Place => ({
  countryCode,
  country,
  city,
  lat: 52,
  lon: 4.5,
});

/** Places that no real data row has to have: documentation addresses in invented ones. */
export const PLACES: Readonly<Record<string, Place>> = {
  '198.51.100.1': place('NL', 'Netherlands', 'Amsterdam'),
  '198.51.100.2': place('DE', 'Germany', 'Berlin'),
  '203.0.113.9': place('FR', 'France', ''),
  '2001:db8:1:2::a': place('SE', 'Sweden', 'Lund'),
  '2001:db8:1:2::b': place('SE', 'Sweden', 'Lund'),
};

export const fakeGeo: Geo = { locate: (address) => PLACES[address] };

export interface Engine {
  readonly rules: readonly Rule[];
  readonly counters: TestCounters;
  readonly handle: (bytes: Uint8Array, arrived: Micros) => Promise<Verdict>;
  /** The handler of a receiver. */
  readonly receive: Handle;
  /** One request of OTLP records with string bodies. */
  send(events: readonly AuditEvent[], arrived: Micros, cluster?: string): Promise<Verdict>;
  /** What windows hold now. */
  readonly held: { readonly groups: number; readonly bytes: number };
  /** As a recording ends, before its windows are closed. */
  end(): Promise<void>;
  close(now: Micros): Promise<void>;
  fired(): Promise<readonly RiskEvent[]>;
}

/** The whole path of a request in this process, with a clock that the test moves and a geo database of its own. */
export async function engine(yaml: string, geo: Geo | 'real' = fakeGeo): Promise<Engine> {
  const loaded = loadConfig({ path: 'test.yaml', text: yaml }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const { groups, state_mib, values } = loaded.config.limits;
  const counters = new TestCounters();
  const { rules, detector } = loadDetector(loaded.config, geo === 'real' ? geoOf(loaded.config) : geo);
  const state = new MemoryState({
    limits: { groups, bytes: state_mib * 2 ** 20, values },
    counters,
    destinations: ['test'],
    outbox: 100_000,
  });
  await state.use(rules, renderer(rules, {}, counters));
  const handle = pipeline(read, () => detector, state, counters);
  return {
    rules,
    counters,
    receive: handle,
    get held() {
      return state.held;
    },
    handle: (bytes, arrived) => handle(request(bytes, 'otlp', arrived)),
    send: (events, arrived, cluster) =>
      handle(
        request(
          otlpBytes(events, cluster === undefined ? {} : { 'k8s.cluster.name': cluster }),
          'otlp',
          arrived,
        ),
      ),
    async end() {
      await state.end();
    },
    async close(now) {
      await state.close(now);
    },
    async fired() {
      const all: RiskEvent[] = [];
      while (state.outbox.size > 0) {
        // In the order in which they fired: the outbox gives the most severe first.
        const batch = (await state.outbox.take('test', state.outbox.size)).toSorted((a, b) => a.seq - b.seq);
        all.push(...batch.map(({ event }) => event));
        await state.outbox.settle(
          'test',
          batch.map(({ seq }) => seq),
          'delivered',
        );
      }
      return all;
    },
  };
}
