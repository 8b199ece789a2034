import type { Derived, EventReader, FieldPlan } from '../../../src/model/event.ts';
import { request } from '../../support/events.ts';
import { compilePlainMatcher } from '../../support/plain-matcher.ts';
import { given, tell } from '../harness/child.ts';
import { timed } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';
import { readFrames } from '../inputs/frames.ts';
import { generatedRules } from '../rules.ts';

export interface MatchingArgs {
  readonly tree: string;
  /** index: as `serve` does it. plain: every rule for every event. A number: the index over so many fields. */
  readonly how: 'plain' | 'index' | number;
  readonly rules: number;
  readonly lines: string;
  readonly records: number;
  readonly bytes: number;
}

// Matching alone: what the rules ask of an event is read from arrays that were filled before.
const args = given<MatchingArgs>();

/** As many as stay in the processor's caches; a whole input of remembered events would not. */
const LINES = 3000;

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
  isNull(field: number, i: number) {
    return this.#fields[field]!.scalars[i] === null;
  }
  scalar(field: number, i: number) {
    return this.#fields[field]!.scalars[i]!;
  }
  mayHold() {
    return true;
  }
  memo() {
    return undefined;
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

type RulesModules = typeof import('../../../src/rules/assembly/base-rules.ts') &
  typeof import('../../../src/rules/document/catalog.ts') &
  typeof import('../../../src/rules/matching/matcher.ts') &
  typeof import('../../../src/rules/document/read-documents.ts') &
  typeof import('../../../src/rules/source/rule-findings.ts');

type FindingsModule = typeof import('../../../src/rules/source/rule-findings.ts');

/** RuleFindings was called Findings before. */
async function ruleFindingsOf(tree: string): Promise<FindingsModule> {
  const module = await fromTree<FindingsModule & { Findings?: FindingsModule['RuleFindings'] }>(
    tree,
    'rules/source/rule-findings.ts',
  );
  return { ...module, RuleFindings: module.RuleFindings ?? module.Findings };
}

async function rulesOf(tree: string): Promise<RulesModules> {
  const modules = await Promise.all([
    fromTree<RulesModules>(tree, 'rules/assembly/base-rules.ts', 'baseRules'),
    fromTree<RulesModules>(tree, 'rules/document/catalog.ts', 'Catalog'),
    fromTree<RulesModules>(tree, 'rules/matching/matcher.ts', 'compileMatcher', 'fieldNeeds'),
    fromTree<RulesModules>(tree, 'rules/document/read-documents.ts', 'readDocuments'),
    ruleFindingsOf(tree),
  ]);
  return Object.assign({}, ...modules);
}

await tell(async () => {
  const { tree, how, rules } = args;
  const { RuleFindings, Catalog, baseRules, readDocuments, fieldNeeds, compileMatcher } = await rulesOf(tree);
  const { compilePlan } = await fromTree<typeof import('../../../src/audit/field-plan.ts')>(
    tree,
    'audit/field-plan.ts',
  );
  const { read } = await fromTree<typeof import('../../../src/audit/read.ts')>(tree, 'audit/read.ts');

  const findings = new RuleFindings();
  const file = { path: 'generated.yml', text: generatedRules(rules), ruleset: 'generated' };
  const bases = baseRules(new Catalog(readDocuments(file, findings)));
  if (findings.problems.length > 0) throw new Error(findings.problems[0]!.message);
  const plan = compilePlan(fieldNeeds(bases));
  const matcher =
    how === 'plain'
      ? compilePlainMatcher(bases, plan)
      : compileMatcher(bases, plan, how === 'index' ? undefined : how);

  const events: EventReader[] = [];
  for (const line of readFrames(args.lines).slice(0, LINES))
    await read(request(line, 'line'), plan, (event) => events.push(remember(event, plan)));

  const derived: Derived = { count: () => 0, value: () => undefined, generation: 0 };
  let hits = 0;
  const hit = () => {
    hits++;
  };
  const measured = await timed({ records: events.length, bytes: 0 }, () => {
    hits = 0;
    for (let i = 0; i < events.length; i++) matcher.match(events[i]!, derived, hit);
  });
  return { ...measured, hits: hits / events.length };
});
