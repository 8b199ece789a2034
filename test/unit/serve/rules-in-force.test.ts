import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { read } from '../../../src/audit/read.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Config } from '../../../src/config/schema.ts';
import { MemoryState } from '../../../src/correlate/memory-state.ts';
import type { ReadRequest } from '../../../src/model/event.ts';
import type { Micros } from '../../../src/model/time.ts';
import { createCounters } from '../../../src/ops/counter-store.ts';
import { pipeline } from '../../../src/pipeline.ts';
import { renderer } from '../../../src/risk/render.ts';
import { rulesInForce } from '../../../src/serve/rules-in-force.ts';
import { watchedRender } from '../../../src/serve/watched-render.ts';
import { routing } from '../../../src/setup/routing.ts';
import { UserError } from '../../../src/setup/user-error.ts';
import { fakeGeo } from '../../support/engine.ts';
import { otlpBytes, refused, request, TEN } from '../../support/events.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'in-force-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

const configOf = (text: string): Config => {
  const loaded = loadConfig({ path: 'test.yaml', text }, {}, () => '');
  if ('errors' in loaded) throw new UserError(loaded.errors);
  return loaded.config;
};

const counted = (least: number, title = 'Refused') => `
title: Request Refused
id: 11111111-1111-4111-8111-111111111111
name: refused_request
level: low
logsource: {product: kubernetes, service: audit}
detection: {selection: {responseStatus.code: 403}, condition: selection}
---
title: ${title}
id: 22222222-2222-4222-8222-222222222222
name: refused_often
level: medium
correlation: {type: event_count, rules: [refused_request], group-by: [client.address], timespan: 60m, condition: {gte: ${least}}}
`;

const single = (title: string) => `
title: ${title}
id: 33333333-3333-4333-8333-333333333333
name: listed
level: low
logsource: {product: kubernetes, service: audit}
detection: {selection: {verb: nothing}, condition: selection}
`;

async function running(
  text = `rules: {packs: [], files: [${JSON.stringify(folder)}]}`,
  reader: ReadRequest = read,
) {
  let config = text;
  let fault: Error | undefined;
  const lines: string[] = [];
  const detected: string[] = [];
  const say = (line: string) => void lines.push(line);
  const counters = createCounters();
  const state = new MemoryState({
    limits: { groups: 100, bytes: 2 ** 24, values: 100 },
    counters,
    destinations: ['test'],
    outbox: 1000,
  });
  const inForce = await rulesInForce({
    config: configOf(config),
    configPath: undefined,
    geo: fakeGeo,
    state,
    routing: routing(configOf(config), ['test']),
    counters,
    log: { info: say, warn: say, error: say },
    readConfig: () => {
      if (fault) throw fault;
      return configOf(config);
    },
    rendererOf: (rules) =>
      watchedRender(
        renderer(rules, {}, counters),
        rules,
        (rule, { count }, { body }) => void detected.push(`${rule.title} ${count} ${body}`),
        () => {},
      ),
  });
  const handle = pipeline(reader, inForce.detector, state, counters);
  return {
    inForce,
    counters,
    state,
    lines,
    detected,
    fail: (error: Error) => {
      fault = error;
    },
    configure: (next: string) => {
      config = next;
    },
    send: (n: number, when = TEN) =>
      handle(
        request(
          otlpBytes(
            Array.from({ length: n }, (_, i) => refused((when + i * 1000) as Micros, ['198.51.100.1'])),
          ),
          'otlp',
          when,
        ),
      ),
    async fired(): Promise<readonly string[]> {
      if (state.outbox.size === 0) return [];
      const taken = await state.outbox.take('test', 100);
      const seq = taken.map((one) => one.seq);
      await state.outbox.settle('test', seq, 'delivered');
      return taken.map(({ event }) => event.attributes['security_rule.name'] as string);
    },
  };
}

test('windows of an unchanged rule survive a reload that adds another, and one that changes what it says', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  await bench.send(5);
  write('b.yml', single('Another'));
  await bench.inForce.reload();
  write('a.yml', counted(6, 'Refused Often'));
  await bench.inForce.reload();
  await bench.send(1, (TEN + 60_000_000) as Micros);
  expect(await bench.fired()).toEqual(['Refused Often']);
  expect(bench.lines).toEqual([
    'the rules were reloaded: 2 rules; added: Another',
    'the rules were reloaded: 2 rules; changed, windows kept: Refused Often',
  ]);
  expect(bench.counters.total('reloads', 'replaced')).toBe(2);
});

test('detections are watched before and after a reload, and rules keep their names when they are gone', async () => {
  const id = '22222222-2222-4222-8222-222222222222';
  write('a.yml', counted(2));
  const bench = await running();
  await bench.send(2);
  expect(bench.inForce.ruleName(id)).toBe('refused_often');
  write('a.yml', counted(2, 'Other').replace('name: refused_often', 'name: other_name'));
  await bench.inForce.reload();
  expect(bench.inForce.ruleName(id)).toBe('other_name');
  await bench.send(2, (TEN + 7_200_000_000) as Micros);
  expect(bench.detected.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'Refused 2',
    'Other 2',
  ]);
  write('a.yml', single('Another'));
  await bench.inForce.reload();
  expect(bench.inForce.ruleName(id)).toBe('other_name');
  expect(bench.inForce.ruleName('44444444-4444-4444-8444-444444444444')).toBe('a rule that is not in force');
});

test('windows of a changed rule start empty', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  await bench.send(5);
  write('a.yml', counted(3));
  await bench.inForce.reload();
  await bench.send(2, (TEN + 60_000_000) as Micros);
  expect(await bench.fired()).toEqual([]);
  await bench.send(1, (TEN + 120_000_000) as Micros);
  expect(await bench.fired()).toEqual(['Refused']);
  expect(bench.lines).toEqual(['the rules were reloaded: 1 rule; changed, windows start empty: Refused']);
});

test('a broken set changes nothing: its problems are logged and the failure is counted', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  await bench.send(5);
  write('a.yml', counted(6).replace('gte:', 'gtee:').replace('event_count', 'event_cont'));
  await bench.inForce.reload();
  expect(bench.lines[0]).toBe('the rules were not reloaded; the old rules stay in force');
  expect(bench.lines.length).toBeGreaterThan(1);
  expect(bench.lines.slice(1).every((line) => line.startsWith(join(folder, 'a.yml:')))).toBe(true);
  expect(bench.counters.total('reloads', 'failed')).toBe(1);
  await bench.send(1, (TEN + 60_000_000) as Micros);
  expect(await bench.fired()).toEqual(['Refused']);
});

test('a broken configuration file keeps the rules in force', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  bench.configure('ruels: {}');
  await bench.inForce.reload();
  expect(bench.lines[0]).toBe('the rules were not reloaded; the old rules stay in force');
  expect(bench.inForce.loaded.rules).toHaveLength(1);
});

test('a reload takes only rules from the configuration; other changes are logged once', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  const files = `rules: {packs: [], files: [${JSON.stringify(folder)}], overrides: [{rule: refused_often, threshold: 2}]}`;
  bench.configure(`${files}\nlimits: {groups: 7}`);
  await bench.inForce.reload();
  await bench.inForce.reload();
  await bench.send(2);
  expect(await bench.fired()).toEqual(['Refused']);
  expect(bench.lines.filter((line) => line.includes('restart'))).toEqual([
    'the configuration has changed outside of rules: these changes take effect after a restart',
  ]);
  expect(bench.lines.at(-1)).toBe('the rules were read again and have not changed');
});

test('a request that is being read while the rules change is read again: it meets the new ones whole', async () => {
  write('a.yml', counted(6));
  let meanwhile = async () => {};
  const slow: ReadRequest = async (...asked) => {
    const outcome = await read(...asked);
    await meanwhile();
    return outcome;
  };
  const bench = await running(undefined, slow);
  meanwhile = async () => {
    meanwhile = async () => {};
    write('a.yml', counted(2));
    await bench.inForce.reload();
  };
  await bench.send(2);
  expect(await bench.fired()).toEqual(['Refused']);
  expect(bench.counters.total('hits_stale')).toBe(0);
});

test('the files that it watches are those of rules and lists, also new ones', async () => {
  write('a.yml', counted(6));
  const list = `${folder}.txt`;
  writeFileSync(list, 'one\n');
  const bench = await running(
    `rules: {packs: [], files: [${JSON.stringify(folder)}], lists: {scanners: {file: ${JSON.stringify(list)}}}}`,
  );
  const { inForce } = bench;
  expect([inForce.changed(), inForce.changed()]).toEqual([false, false]);
  writeFileSync(list, 'one\ntwo\n');
  expect([inForce.changed(), inForce.changed(), inForce.changed()]).toEqual([false, true, false]);
  write('b.yml', single('Another'));
  expect([inForce.changed(), inForce.changed()]).toEqual([false, true]);
  rmSync(list);
  expect([inForce.changed(), inForce.changed()]).toEqual([false, true]);
});

test('rules that cannot be loaded are refused at the start', async () => {
  await expect(running('rules: {packs: [], files: [/nowhere/at/all]}')).rejects.toThrow(UserError);
});

test('a hundred reloads at once read twice: the running one, and once more', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  write('b.yml', single('Another'));
  const first = bench.inForce.reload();
  write(
    'c.yml',
    single('Third').replace('33333333-3333-4333-8333-333333333333', 'third').replace('listed', 'other'),
  );
  await Promise.all([first, ...Array.from({ length: 100 }, () => bench.inForce.reload())]);
  expect(bench.counters.total('reloads')).toBe(2);
  expect(bench.inForce.loaded.rules).toHaveLength(3);
  await bench.inForce.reload();
  expect(bench.counters.total('reloads')).toBe(3);
});

test('requests are answered while rules are read again, by those in force', async () => {
  write('a.yml', counted(6));
  for (let i = 0; i < 300; i++) write(`b${i}.yml`, single(`Rule ${i}`).replace(/3{8}|listed/g, `n${i}`));
  const bench = await running();
  write('c.yml', single('New'));
  let over = false;
  const done = bench.inForce.reload().then(() => {
    over = true;
  });
  let answered = 0;
  while (!over) {
    await bench.send(1);
    await setImmediate();
    if (!over) answered++;
  }
  await done;
  expect(answered).toBeGreaterThan(2);
  const { counters } = bench;
  expect(counters.total('hits') + counters.total('hits_idle')).toBe(counters.total('records'));
});

test('a request that met two rule sets is counted once', async () => {
  write('a.yml', counted(6));
  let meanwhile = async () => {};
  const bench = await running(undefined, async (...asked) => {
    const outcome = await read(...asked);
    await meanwhile();
    return outcome;
  });
  meanwhile = async () => {
    meanwhile = async () => {};
    write('a.yml', counted(2));
    await bench.inForce.reload();
  };
  await bench.send(2);
  const { counters } = bench;
  expect([counters.total('records'), counters.total('matches'), counters.total('hits')]).toEqual([2, 2, 2]);
});

test('a bug during a reload keeps the old rules in force, and the process alive', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  bench.fail(new TypeError('a bug'));
  await bench.inForce.reload();
  expect(bench.lines).toEqual([
    expect.stringMatching(/because of a bug in Sidewatch.*the old rules stay in force/),
  ]);
  expect(bench.counters.total('reloads', 'failed')).toBe(1);
});

test.each([
  [
    'at once',
    () => {
      throw new TypeError('a bug');
    },
  ],
  ['in a later turn', () => Promise.reject(new TypeError('a bug'))],
])(
  'windows that fail %s to take the new rules leave the old rules in force; the next reload works',
  async (_, use) => {
    write('a.yml', counted(6));
    const bench = await running();
    await bench.send(5);
    write('b.yml', single('Another'));
    vi.spyOn(bench.state, 'use').mockImplementationOnce(use);
    await bench.inForce.reload();
    expect(bench.lines).toEqual([
      expect.stringMatching(/because of a bug in Sidewatch.*the old rules stay in force/),
    ]);
    expect(bench.counters.total('reloads', 'failed')).toBe(1);
    expect(bench.inForce.loaded.rules).toHaveLength(1);
    await bench.send(1, (TEN + 60_000_000) as Micros);
    expect(await bench.fired()).toEqual(['Refused']);
    await bench.inForce.reload();
    expect(bench.inForce.loaded.rules).toHaveLength(2);
    expect(bench.lines.at(-1)).toBe('the rules were reloaded: 2 rules; added: Another');
  },
);

test('a stop waits for a running reload and prevents further ones', async () => {
  write('a.yml', counted(6));
  const bench = await running();
  write('b.yml', single('Another'));
  const under = bench.inForce.reload();
  await bench.inForce.stop();
  expect(bench.counters.total('reloads')).toBe(1);
  await under;
  await bench.inForce.reload();
  expect(bench.counters.total('reloads')).toBe(1);
});

const KEEP_VALID = () => `rules: {packs: [], files: [${JSON.stringify(folder)}], on_error: keep_valid}`;
const BROKEN = single('Broken').replace('verb: nothing', 'verb|nonsense: nothing');

test('with keep_valid a rule with an error is left out at the start, logged with its place and counted', async () => {
  write('a.yml', counted(6));
  write('b.yml', BROKEN);
  const { inForce, lines, counters } = await running(KEEP_VALID());
  expect(inForce.loaded.rules.map(({ title }) => title)).toContain('Refused');
  expect(lines).toEqual([
    '1 rule, filter, list or file was left out because of errors (rules.on_error: keep_valid)',
    expect.stringMatching(/b\.yml:7 {2}left out: detection\.selection\.verb\|nonsense: /),
  ]);
  expect(counters.total('rules_left_out')).toBe(1);
});

test('with keep_valid a reload leaves out a rule that got an error, and takes it back when it is mended', async () => {
  write('a.yml', counted(6));
  write('b.yml', single('Listed'));
  const { inForce, lines, counters } = await running(KEEP_VALID());
  const titles = () => inForce.loaded.rules.map(({ title }) => title);
  expect(titles()).toContain('Listed');
  write('b.yml', BROKEN);
  await inForce.reload();
  expect(titles()).not.toContain('Listed');
  expect(lines.at(-1)).toMatch(/b\.yml:7 {2}left out: /);
  write('b.yml', single('Listed'));
  await inForce.reload();
  expect(titles()).toContain('Listed');
  expect([counters.total('rules_left_out'), counters.total('reloads', 'replaced')]).toEqual([1, 2]);
});

test('with keep_valid an error in a new file is logged, although the rules are the same', async () => {
  write('a.yml', counted(6));
  const { inForce, lines, counters } = await running(KEEP_VALID());
  write('b.yml', BROKEN);
  await inForce.reload();
  expect(lines.at(-1)).toMatch(/b\.yml:7 {2}left out: /);
  await inForce.reload();
  expect(lines.at(-1)).toMatch(/have not changed/);
  expect(counters.total('rules_left_out')).toBe(1);
});
