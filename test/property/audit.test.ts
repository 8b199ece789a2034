import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import type { ReadOutcome, Scalar } from '../../src/model/event.ts';
import type { Request } from '../../src/model/request.ts';
import { otlpBytes, refused, request, TEN } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { needs, readAll, readNow, tell, toldOf } from '../unit/audit/told.ts';

const SHAPES: readonly Request['shape'][] = ['otlp', 'otlp-json', 'event-list', 'line'];
const FIELDS = [
  'user.username',
  'sourceIPs',
  'a',
  'a.b',
  'a.b.c',
  'b.a',
  'a[].b',
  'resource.a',
  'record.a',
  'k8s.cluster.name',
];

/** Reads everything there is to read, so that what can throw does. */
function exhaust(from: Request): ReadOutcome {
  const plan = compilePlan(needs(...FIELDS));
  return readNow(from, plan, (event) => {
    tell(event, plan);
    event.someLeaf(() => false);
  });
}

describe('read never throws, and its report adds up', () => {
  const audit = fc.constantFrom(
    JSON.stringify(refused(TEN, ['127.0.0.1'])),
    '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"a":{"b":1}},{}]}',
    '{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"1"}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"{}"}}]}]}]}',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    audit.map((text) => Buffer.from(text)),
    audit.map((text) => otlpBytes([text, text], { a: 'b' })),
  );
  const cuts = fc.array(
    fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), drop: fc.boolean() }),
    { maxLength: 4 },
  );

  it.each(SHAPES)('%s', (shape) => {
    fc.assert(
      fc.property(bytes, cuts, (whole, edits) => {
        const mutated = [...whole];
        for (const { at, byte, drop } of edits) {
          if (mutated.length === 0) break;
          if (drop) mutated.splice(at % mutated.length, 1);
          else mutated[at % mutated.length] = byte;
        }
        const report = exhaust(request(Uint8Array.from(mutated), shape));
        if ('malformed' in report) {
          expect(shape).not.toBe('line');
          expect(report.malformed).not.toBe('');
        } else {
          const passedBy = Object.values(report.passedBy).reduce((sum, n) => sum + n, 0);
          expect(passedBy + report.rejected).toBeLessThanOrEqual(report.records);
          expect(report.rejected > 0).toBe(report.why !== undefined);
          if (report.events === 0) expect(passedBy + report.rejected).toBe(report.records);
        }
      }),
      runs(500),
    );
  });
});

/** Keys that meet and miss each other on dotted paths. */
const key = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c', 'a.b.c', '', '__proto__', 'constructor');
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(Object.fromEntries),
  ),
}));
const path = fc
  .array(fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'));

describe('the reader equals a naive walk', () => {
  /** All that lies at a path, as [value, whether an array was met]; undefined where it leads nowhere. */
  function naive(value: unknown, rest: string | undefined, met: boolean): [unknown, boolean][] | undefined {
    if (rest === undefined) return [[value, met]];
    if (Array.isArray(value)) {
      const found = value.flat(Number.POSITIVE_INFINITY).flatMap((member) => naive(member, rest, true) ?? []);
      return found.length > 0 ? found : undefined;
    }
    if (typeof value !== 'object' || value === null) return undefined;
    const keys = Object.keys(value).filter((name) => rest === name || rest.startsWith(`${name}.`));
    for (const name of keys.sort((one, other) => other.length - one.length)) {
      const found = naive(
        Object.getOwnPropertyDescriptor(value, name)!.value,
        rest === name ? undefined : rest.slice(name.length + 1),
        met,
      );
      if (found) return found;
    }
    return undefined;
  }

  function naiveTold(event: unknown, at: string): readonly unknown[] {
    const found = naive(event, at, false);
    if (!found) return ['absent'];
    const leaves = found.flatMap(([value, met]): [unknown, boolean][] =>
      Array.isArray(value)
        ? value.flat(Number.POSITIVE_INFINITY).map((member) => [member, true])
        : [[value, met]],
    );
    const scalars = leaves
      .filter(([value, met]) => (value === null ? met : typeof value !== 'object'))
      .map(([value]) => value as Scalar);
    if (scalars.length > 0) return ['value', ...scalars];
    return leaves.some(([value]) => value === null) ? ['null'] : ['object'];
  }

  it('over the JSON text of any object', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, tree), { maxLength: 4 }),
        fc.array(path, { minLength: 1, maxLength: 5 }),
        (entries, paths) => {
          const event = {
            auditID: 'a',
            stage: 's',
            ...Object.fromEntries(entries.filter(([name]) => name !== '__proto__')),
          };
          const text = JSON.stringify(event);
          const told = toldOf(text, ...paths);
          for (const at of new Set(paths)) {
            const own = Object.getOwnPropertyDescriptor(told, at)!.value;
            expect(own).toEqual(naiveTold(JSON.parse(text), at));
          }
        },
      ),
      runs(500),
    );
  });

  it('and the literal of each scalar is that of its text in lower case', () => {
    const values = fc.array(
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(values, fc.array(fc.nat()), (x, picks) => {
        const event = { auditID: 'a', stage: 's', x };
        const texts = x.map((value) =>
          (value === null
            ? undefined
            : typeof value === 'string'
              ? value
              : JSON.stringify(value)
          )?.toLowerCase(),
        );
        const literals = [...new Set(picks.map((pick) => texts[pick % x.length] ?? 'null'))];
        const plan = compilePlan([{ path: 'x', literals }]);
        const found: number[] = [];
        readNow(request(JSON.stringify(event), 'line'), plan, (reader) => {
          for (let i = 0; i < x.length; i++) found.push(reader.literal(plan.id('x'), i));
        });
        expect(found).toEqual(texts.map((text) => (text === undefined ? -1 : literals.indexOf(text))));
      }),
    );
  });

  it('and every leaf is met once', () => {
    const leavesOf = (value: unknown): string[] =>
      typeof value !== 'object'
        ? [String(value)]
        : value === null
          ? []
          : Object.values(value).flatMap(leavesOf);
    fc.assert(
      fc.property(tree, (x) => {
        const text = JSON.stringify({ auditID: 'a', stage: 's', x });
        const met: string[] = [];
        readNow(request(text, 'line'), compilePlan([]), (event) => {
          event.someLeaf((leaf) => {
            met.push(leaf);
            return false;
          });
        });
        expect(met.sort()).toEqual(leavesOf(JSON.parse(text)).sort());
      }),
    );
  });
});

describe('the same document, written otherwise', () => {
  /** JSON with every character of every key and string as an escape, chosen by `escaped`. */
  function write(value: unknown, escaped: (char: string) => boolean): string {
    if (typeof value === 'string')
      return `"${[...Array(value.length).keys()]
        .map((i) =>
          escaped(value[i]!)
            ? `\\u${value.charCodeAt(i).toString(16).padStart(4, '0')}`
            : JSON.stringify(value[i]).slice(1, -1),
        )
        .join('')}"`;
    if (Array.isArray(value)) return `[${value.map((member) => write(member, escaped)).join(' ,')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return `{\n${Object.entries(value)
      .map(([name, member]) => `${write(name, escaped)} : ${write(member, escaped)}`)
      .join(',\t')}\r}`;
  }

  it('with escaped keys and values reads the same', () => {
    fc.assert(
      fc.property(tree, fc.func(fc.boolean()), path, (a, escaped, at) => {
        const event = { auditID: 'a', stage: 's', a };
        expect(toldOf(write(event, escaped), at, 'a')).toEqual(toldOf(JSON.stringify(event), at, 'a'));
      }),
    );
  });

  it('with the same key twice has what came last', () => {
    fc.assert(
      fc.property(tree, tree, path, (first, last, at) => {
        const twice = `{"a":${JSON.stringify(first)},"auditID":"x","auditID":"a","stage":"s","\\u0061":${JSON.stringify(last)}}`;
        const once = JSON.stringify({ auditID: 'a', stage: 's', a: last });
        expect(toldOf(twice, at, 'a', 'auditID')).toEqual(toldOf(once, at, 'a', 'auditID'));
      }),
    );
  });
});

describe('a damaged record', () => {
  const line = JSON.stringify(refused(TEN, ['203.0.113.3', '127.0.0.23'], { userAgent: 'caf\u00e9/1.0' }));
  const edit = fc.record({
    at: fc.nat({ max: line.length - 1 }),
    drop: fc.nat({ max: 8 }),
    put: fc.string({ unit: 'binary', maxLength: 4 }),
  });

  it('is read, passed by or rejected, and leaves its neighbours alone', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), fc.boolean(), (edits, asJson) => {
        let damaged = line;
        for (const { at, drop, put } of edits)
          damaged = damaged.slice(0, at) + put + damaged.slice(at + drop);
        const neighbour = (user: string) => JSON.stringify(refused(TEN, [], { user: { username: user } }));
        const bodies = [neighbour('first'), damaged.toWellFormed(), neighbour('last')];
        const logRecords = bodies.map((stringValue) => ({ body: { stringValue } }));
        const from = asJson
          ? request(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), 'otlp-json')
          : request(otlpBytes(bodies), 'otlp');
        const { seen, report } = readAll(from, 'user.username');
        const told = seen
          .filter(({ about }) => about.record !== 1)
          .map((event) => event.told['user.username']);
        expect(told).toEqual([
          ['value', 'first'],
          ['value', 'last'],
        ]);
        const passedBy = Object.values(report.passedBy).reduce((sum, n) => sum + n, 0);
        // Text around an event rejects the record, but the event is read.
        const damagedRead = report.events - told.length;
        expect(report.records).toBe(3);
        expect(report.rejected + passedBy).toBeLessThanOrEqual(1);
        expect(damagedRead + report.rejected + passedBy).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('whatever single byte of it is wrong, text as it is, or not UTF-8', () => {
    const bytes = otlpBytes([line, line, line]);
    const middle = Buffer.from(bytes).indexOf(line, line.length);
    fc.assert(
      fc.property(
        fc.nat({ max: Buffer.byteLength(line) - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const damaged = bytes.slice();
          damaged[middle + at] = byte;
          const { seen, report } = readAll(request(damaged, 'otlp'), 'verb');
          expect(report.records).toBe(3);
          expect(
            seen.filter(({ about, told }) => about.record !== 1 && told['verb']![1] === 'list'),
          ).toHaveLength(2);
        },
      ),
      runs(300),
    );
  });
});
