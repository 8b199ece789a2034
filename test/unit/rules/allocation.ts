import { compilePlan } from '../../../src/audit/field-plan.ts';
import { atOnce } from '../../../src/lib/steps.ts';
import type { EventReader } from '../../../src/model/event.ts';
import type { Matcher } from '../../../src/model/rule.ts';
import { generatedRules } from '../../bench/rules.ts';
import { derivedAs, good } from './loaded.ts';
import { stubReader } from './stub-reader.ts';

// A process of its own, so that nothing else allocates: node --expose-gc --min-semi-space-size=64 allocation.ts
// Prints the bytes that match() leaves on the heap an event, and those of a matcher that makes one object an event.
const EVENTS = 100_000;
const WARM = 300_000;

// Its verb is the stub's, and nothing else guards it: evaluated for each event, it must not allocate either.
const CANDIDATE = `title: Evaluated
id: evaluated
logsource: {product: kubernetes, service: audit}
detection:
  s: {verb: [get, list]}
  t: {requestURI: [/healthz, /livez]}
  u: {impersonatedUser.username: ''}
  f: {userAgent|startswith: curl, user.groups: 'system:masters'}
  condition: s and (t or u or f)
`;

const ruleSet = good([generatedRules(75), CANDIDATE]);
const plan = compilePlan(ruleSet.needs);
const literal = (path: string, text: string) => plan.needs[plan.id(path)]!.literals.indexOf(text);
const event = stubReader(plan, {
  verb: [literal('verb', 'get')],
  'objectRef.resource': [-1],
  'responseStatus.code': [-1],
  'user.groups': [-1, -1],
  'user.username': [-1],
  requestURI: [-1],
  userAgent: [-1],
});
const derived = derivedAs({});
const hit = () => {
  throw new Error('the event was to match nothing');
};

let kept: object = {};
const wasteful: Matcher = {
  match(one: EventReader) {
    kept = { one, kept: undefined };
  },
};

function bytesPerEvent(matcher: Matcher): number {
  for (let i = 0; i < WARM; i++) matcher.match(event, derived, hit);
  // The least of several: what the engine itself allocates meanwhile (optimised code) is not the matcher's.
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < EVENTS; i++) matcher.match(event, derived, hit);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / EVENTS);
  }
  return least;
}

const control = bytesPerEvent(wasteful);
const matching = bytesPerEvent(atOnce(ruleSet.compiling(plan)));
console.log(JSON.stringify({ control, matching, kept: typeof kept }));
