import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { atOnce } from '../../src/lib/steps.ts';
import type { Derived, FieldPlan } from '../../src/model/event.ts';
import { PACKS } from '../../src/model/packs.ts';
import { loadRules } from '../../src/rules/assembly/load-rules.ts';
import { type Expression, SELF, type TextTest } from '../../src/rules/detection/expression.ts';
import { codePoints, containing, parsePattern, startingWith } from '../../src/rules/detection/pattern.ts';
import { trace } from '../../src/rules/explain/trace.ts';
import { traceDetection } from '../../src/rules/explain/trace-detection.ts';
import { eventSubject } from '../../src/rules/explain/trace-subject.ts';
import { compileMatcher, fieldNeeds } from '../../src/rules/matching/matcher.ts';
import { packFiles, packLists } from '../../src/rules/source/files.ts';
import { request } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { readNow } from '../unit/audit/told.ts';
import { derivedAs } from '../unit/rules/loaded.ts';

/** Visits the audit events of a line. */
function visit(line: string | Uint8Array, plan: FieldPlan, look: Parameters<typeof readNow>[2]): number {
  const report = readNow(request(line, 'line'), plan, look);
  if ('malformed' in report) throw new Error(report.malformed);
  return report.events;
}

describe('a trace gives the verdict of the matcher', () => {
  const word = fc.constantFrom(
    'get',
    'GET',
    'list',
    'privileged',
    '',
    '7',
    '10.0.0.1',
    '2026-01-15T22:00:00Z',
  );
  const pattern = word.map((text) => parsePattern(text.toLowerCase()));
  const equal = (text: string): TextTest => ({ kind: 'equal', text: text.toLowerCase() });
  const textTest: fc.Arbitrary<TextTest> = fc.oneof(
    word.map(equal),
    word.map((text): TextTest => ({ kind: 'cased-equal', text })),
    pattern.map((made): TextTest => ({ kind: 'pattern', pattern: startingWith(made) })),
    word.map((text): TextTest => ({ kind: 'cased-pattern', pattern: containing(codePoints(text)) })),
    word.map((text): TextTest => ({ kind: 'regex', source: text.slice(0, 2), flags: 0 })),
    fc.constant<TextTest>({ kind: 'cidr', network: '10.0.0.0/8' }),
    fc.constantFrom<TextTest>(
      { kind: 'compare', op: 'gt', value: 5 },
      { kind: 'compare', op: 'lte', value: 7 },
    ),
    fc.constant<TextTest>({ kind: 'time', part: 'hour', op: 'gte', value: 22 }),
  );
  const field = fc.constantFrom(
    'verb',
    'user.username',
    'requestObject.list',
    'requestObject.list.name',
    'client.address',
  );
  const inner = fc.constantFrom('name', 'inner', 'inner.name', SELF);

  /** `of`: fields that may be asked; `depth`: array blocks that may still be opened. */
  const expression = (of: fc.Arbitrary<string>, depth: number): fc.Arbitrary<Expression> =>
    fc.letrec<{ one: Expression }>((tie) => ({
      one: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        fc.record({
          kind: fc.constant('field' as const),
          field: of,
          any: fc.array(textTest, { maxLength: 3 }),
        }),
        of.map((name): Expression => ({ kind: 'null', field: name })),
        of.map((name): Expression => ({ kind: 'exists', field: name })),
        fc.record({
          kind: fc.constant('reference' as const),
          field: of,
          other: of,
          head: fc.boolean(),
          tail: fc.boolean(),
          cased: fc.boolean(),
        }),
        fc
          .array(textTest, { minLength: 1, maxLength: 2 })
          .map((any): Expression => ({ kind: 'keyword', any })),
        fc
          .array(tie('one'), { minLength: 1, maxLength: 3 })
          .map((parts): Expression => ({ kind: 'all', of: parts })),
        fc
          .array(tie('one'), { minLength: 1, maxLength: 3 })
          .map((parts): Expression => ({ kind: 'any', of: parts })),
        tie('one').map((part): Expression => ({ kind: 'not', of: part })),
        ...(depth > 0 ? [members(of, depth)] : []),
      ),
    })).one;
  const members = (of: fc.Arbitrary<string>, depth: number): fc.Arbitrary<Expression> =>
    fc.record({
      kind: fc.constant('members' as const),
      field: of.filter((name) => name !== SELF && name !== 'client.address'),
      quantifier: fc.constantFrom('any', 'all', 'all_or_empty', 'none'),
      of: fc.constant(null).chain(() => expression(inner, depth - 1)),
    });

  const scalar = fc.oneof(word, fc.constantFrom<unknown>(null, 7, true));
  const member = fc.oneof(
    scalar,
    fc.record(
      { name: scalar, inner: fc.oneof(scalar, fc.record({ name: scalar }), fc.array(scalar)) },
      { requiredKeys: [] },
    ),
  );
  const event = fc.record(
    {
      verb: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })),
      user: fc.record({ username: scalar }, { requiredKeys: [] }),
      requestObject: fc.record(
        { list: fc.oneof(member, fc.array(member, { maxLength: 3 })) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const clients = fc.constantFrom<Derived>(
    derivedAs({}),
    derivedAs({ 'client.address': ['10.0.0.1'] }),
    derivedAs({ 'client.address': [undefined] }),
  );

  test('for any expression and event', () => {
    const sides = { true: 0, false: 0 };
    fc.assert(
      fc.property(expression(field, 2), event, clients, (asked, fields, derived) => {
        const rule = { id: 'rule', expression: asked };
        const plan = compilePlan(fieldNeeds([rule]));
        const matcher = compileMatcher([rule], plan);
        const line = JSON.stringify({
          kind: 'Event',
          apiVersion: 'audit.k8s.io/v1',
          auditID: 'a',
          stage: 'Panic',
          ...fields,
        });
        const seen = visit(line, plan, (reader) => {
          let matched = false;
          matcher.match(reader, derived, () => {
            matched = true;
          });
          sides[String(matched) as 'true' | 'false']++;
          expect(trace(asked, eventSubject(reader, derived, plan)).holds).toBe(matched);
        });
        expect(seen).toBe(1);
      }),
      runs(1500),
    );
    expect(Math.min(sides.true, sides.false)).toBeGreaterThan(200);
  });

  test.each(PACKS)('for the rules of the pack %s and what a real API server logged', (pack) => {
    const loaded = loadRules(packFiles([pack]), { lists: packLists([pack]) });
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    const { bases, needs, compiling } = loaded.ruleSet;
    const plan = compilePlan(needs);
    const matcher = atOnce(compiling(plan));
    const derived = derivedAs({ 'client.address': ['10.0.0.1'] });
    let events = 0;
    for (const line of capturedLines())
      events += visit(line, plan, (reader) => {
        const matched = new Set<string>();
        matcher.match(reader, derived, (id) => matched.add(id));
        matcher.sampled?.match(reader, derived, (id) => matched.add(id));
        const subject = eventSubject(reader, derived, plan);
        const traced = bases.filter(({ document, filters }) =>
          [document, ...filters].every(({ detection }) => traceDetection(detection, subject).holds),
        );
        expect(new Set(traced.map(({ id }) => id))).toEqual(matched);
      });
    expect(events).toBeGreaterThan(80);
  });

  /** Every file's, of the long ones each so many-th. */
  function* capturedLines(): Generator<string> {
    for (const level of ['metadata', 'request-response']) {
      const folder = new URL(`../captures/${level}/`, import.meta.url);
      for (const name of readdirSync(folder)) {
        const bytes = readFileSync(new URL(name, folder));
        const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
          .toString()
          .split('\n')
          .filter(Boolean);
        const each = Math.ceil(lines.length / 6);
        for (let i = 0; i < lines.length; i += each) yield lines[i]!;
      }
    }
  }
});
