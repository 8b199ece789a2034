import { detectionId } from '../../src/correlate/rule-windows.ts';
import type { Hit } from '../../src/model/hit.ts';
import type { Bound, Rule, Seen } from '../../src/model/rule.ts';

// The definitions of docs/windows.md, applied literally to all hits ever received. Slow and obvious; it shares only the
// ids with the code that it is compared with.

/** The figure that a rule's condition bounds, of these hits of one group taken together. */
export function figureOf(rule: Rule, hits: readonly Hit[]): number | undefined {
  switch (rule.kind) {
    case 'match':
    case 'event_count':
      return countOf(hits);
    case 'value_count':
      return new Set(hits.flatMap((hit) => tuples(hit, rule.conditionFields))).size;
    case 'temporal':
      return new Set(hits.map(({ input }) => input)).size;
    case 'temporal_ordered':
      return sequence(rule.inputs, hits, Number.NEGATIVE_INFINITY) ? rule.inputs.length : 0;
    default: {
      const numbers = firsts(hits, rule.conditionFields[0]!).sort((a, b) => a - b);
      return numbers.length === 0 ? undefined : statistic(rule, numbers);
    }
  }
}

/** Distinct identities; a hit without one counts by itself. */
export function countOf(hits: readonly Hit[]): number {
  return (
    new Set(hits.flatMap(({ identity }) => identity ?? [])).size +
    hits.filter(({ identity }) => identity === null).length
  );
}

export function meetsLiterally(rule: Rule, hits: readonly Hit[]): boolean {
  if (rule.seen && !seenIn(rule.seen, hits)) return false;
  const figure = figureOf(rule, hits);
  const temporal = rule.kind === 'temporal' || rule.kind === 'temporal_ordered';
  if (temporal && rule.condition.length === 0)
    return rule.seen !== undefined || figure === rule.inputs.length;
  return figure !== undefined && rule.condition.every((bound) => within(figure, bound));
}

const sameGroup = (a: Hit, b: Hit) => JSON.stringify(a.group) === JSON.stringify(b.group);

const bucketId = (rule: Rule, { group, at }: Hit) => {
  const { quiet } = rule.window as { quiet: number };
  return detectionId(rule, group, Math.floor(at / quiet) * quiet);
};

/** Sliding: the ids of all buckets that hold a hit whose span meets the condition. */
export function slidingIds(rule: Rule, hits: readonly Hit[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const j of hits) {
    const span = hits.filter((i) => sameGroup(i, j) && i.at > j.at - rule.timespan && i.at <= j.at);
    if (meetsLiterally(rule, span)) ids.add(bucketId(rule, j));
  }
  return ids;
}

/** Sliding, judged once for each hit at arrival + lateness over what is known then. `hits` in order of arrival. */
export function judgedSpans(rule: Rule, hits: readonly Hit[]) {
  const { lateness } = rule.window;
  const reach = rule.timespan + lateness;
  const taken: Hit[] = [];
  for (const hit of hits) {
    const repeat = (one: Hit) =>
      hit.identity !== null &&
      one.identity === hit.identity &&
      one.at === hit.at &&
      one.input === hit.input &&
      sameGroup(one, hit) &&
      one.arrived >= hit.arrived - reach;
    if (!taken.some(repeat)) taken.push(hit);
  }
  return taken.map((j) => {
    const span = taken.filter(
      (i) =>
        sameGroup(i, j) &&
        i.at > j.at - rule.timespan &&
        i.at <= j.at &&
        i.arrived <= j.arrived + lateness &&
        i.arrived >= j.arrived - reach,
    );
    return { hit: j, span, id: bucketId(rule, j), qualifies: meetsLiterally(rule, span) };
  });
}

function tuples({ values }: Hit, fields: readonly string[]): string[] {
  let all: string[][] = [[]];
  for (const field of fields)
    all = all.flatMap((one) => (values[field] ?? []).map((value) => [...one, value]));
  return all.map((one) => JSON.stringify(one));
}

function sequence(inputs: readonly string[], hits: readonly Hit[], from: number): boolean {
  const [first, ...rest] = inputs;
  if (first === undefined) return true;
  return hits.some((hit) => hit.input === first && hit.at >= from && sequence(rest, hits, hit.at));
}

function seenIn(seen: Seen, hits: readonly Hit[]): boolean {
  if (seen.kind === 'input') return hits.some(({ input }) => input === seen.id);
  if (seen.kind === 'not') return !seenIn(seen.of, hits);
  return seen.kind === 'all'
    ? seen.of.every((part) => seenIn(part, hits))
    : seen.of.some((part) => seenIn(part, hits));
}

function within(figure: number, { op, value }: Bound): boolean {
  if (op === 'gt') return figure > value;
  if (op === 'gte') return figure >= value;
  if (op === 'lt') return figure < value;
  if (op === 'lte') return figure <= value;
  return (figure === value) === (op === 'eq');
}

/** The numbers of each identity's earliest hit that has any. */
function firsts(hits: readonly Hit[], field: string): number[] {
  const numbers = (hit: Hit) =>
    (hit.values[field] ?? []).map(Number).filter((number) => !Number.isNaN(number));
  return hits
    .filter(
      (hit) =>
        hit.identity === null ||
        !hits.some(
          (other, i) =>
            other.identity === hit.identity &&
            numbers(other).length > 0 &&
            (other.at < hit.at || (other.at === hit.at && i < hits.indexOf(hit))),
        ),
    )
    .flatMap(numbers);
}

function statistic({ kind, percentile = 0 }: Rule, sorted: readonly number[]): number {
  const sum = sorted.reduce((total, number) => total + number, 0);
  const n = sorted.length;
  if (kind === 'value_sum') return sum;
  if (kind === 'value_avg') return sum / n;
  if (kind === 'value_percentile')
    return sorted.find((x) => sorted.filter((y) => y <= x).length * 100 >= percentile * n)!;
  return n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2;
}
