import { compilePlan } from '../../src/audit/plan.ts';
import { read } from '../../src/audit/read.ts';
import type { Derived, EventReader, FieldPlan } from '../../src/model/event.ts';
import type { Micros } from '../../src/model/time.ts';
import { baseRules } from '../../src/rules/base-rules.ts';
import { Catalog } from '../../src/rules/catalog.ts';
import { compileMatcher, compilePlainMatcher, fieldNeeds } from '../../src/rules/matcher.ts';
import { readDocuments } from '../../src/rules/read-documents.ts';
import { Findings } from '../../src/rules/report.ts';
import { mixedLines } from './mixed-lines.ts';
import { generatedRules } from './rules.ts';

// One measurement of match.bench.ts: node match-variant.ts plain|index|index-FIELDS RULES
const [variant = 'index', rules = '75'] = process.argv.slice(2);
const LINES = 3000;
const WARM_MS = 300;
const RUN_MS = 600;

/** Everything that the plan asks of one event, as a reader would answer it. */
function remember(event: EventReader, plan: FieldPlan): EventReader {
  const fields = plan.needs.map(({ path }) => {
    const id = plan.id(path);
    const scalars = Array.from({ length: event.count(id) }, (_, i) => event.scalar(id, i));
    return {
      state: event.state(id),
      scalars,
      literals: Int32Array.from(scalars, (_, i) => event.literal(id, i)),
    };
  });
  return new Remembered(fields);
}

type Field = {
  readonly state: ReturnType<EventReader['state']>;
  readonly scalars: readonly ReturnType<EventReader['scalar']>[];
  readonly literals: Int32Array;
};

class Remembered implements EventReader {
  readonly #fields: readonly Field[];
  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }
  state(field: number) {
    return this.#fields[field]!.state;
  }
  count(field: number) {
    return this.#fields[field]!.literals.length;
  }
  literal(field: number, i: number) {
    return this.#fields[field]!.literals[i]!;
  }
  scalar(field: number, i: number) {
    return this.#fields[field]!.scalars[i]!;
  }
  members() {
    return 0;
  }
  member(): never {
    throw new RangeError('there are no members');
  }
  someLeaf() {
    return false;
  }
}

const findings = new Findings();
const file = { path: 'generated.yml', text: generatedRules(Number(rules)), ruleset: 'generated' };
const bases = baseRules(new Catalog(readDocuments(file, findings)));
if (findings.problems.length > 0) throw new Error(findings.problems[0]!.message);
const plan = compilePlan(fieldNeeds(bases));
const fields = /^index-(\d+)$/.exec(variant)?.[1];
const matcher =
  variant === 'plain'
    ? compilePlainMatcher(bases, plan)
    : compileMatcher(bases, plan, fields === undefined ? undefined : Number(fields));

const events: EventReader[] = [];
for (const line of mixedLines(LINES, 0.01)) {
  const request = {
    bytes: Buffer.from(line),
    shape: 'line' as const,
    arrived: 0 as Micros,
    headers: new Map(),
  };
  await read(request, plan, (event) => events.push(remember(event, plan)));
}

const derived: Derived = { count: () => 0, value: () => undefined };
let hits = 0;
const hit = () => {
  hits++;
};
/** CPU time of this process, not time of day: others may be running. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
function run(ms: number): number {
  const start = cpuMs();
  let rounds = 0;
  let used = 0;
  for (; used < ms; used = cpuMs() - start) {
    for (let i = 0; i < events.length; i++) matcher.match(events[i]!, derived, hit);
    rounds++;
  }
  return (used * 1e6) / (rounds * events.length);
}
run(WARM_MS);
const nsPerEvent = run(RUN_MS);
hits = 0;
for (const event of events) matcher.match(event, derived, hit);
console.log(JSON.stringify({ nsPerEvent, hits: hits / events.length }));
