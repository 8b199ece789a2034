import { compilePlan } from '../../../src/audit/field-plan.ts';
import { read } from '../../../src/audit/read.ts';
import type {
  EventContext,
  EventReader,
  FieldNeed,
  FieldPlan,
  ReadOutcome,
  ReadReport,
  Scalar,
} from '../../../src/model/event.ts';
import type { Request } from '../../../src/model/request.ts';
import { request } from '../../support/events.ts';

/** A field as a test writes it: `path` or `within[].path`. */
export function needs(...fields: string[]): FieldNeed[] {
  return fields.map((field) => {
    const [within, path] = field.split('[].');
    return path === undefined
      ? { path: field, literals: [] }
      : { path, within: within as string, literals: [] };
  });
}

/** All that a reader says of the plan's fields: [state, ...scalars], [state, ...scalars, members as lists] where it has objects. */
export type Told = Readonly<Record<string, readonly unknown[]>>;

export function tell(event: EventReader, plan: FieldPlan, within?: string): Told {
  const told: [string, readonly unknown[]][] = [];
  for (const need of plan.needs) {
    if (need.within !== within) continue;
    const field = plan.id(need.path, within);
    const scalars: Scalar[] = [];
    for (let i = 0; i < event.count(field); i++) {
      event.literal(field, i);
      const scalar = event.scalar(field, i);
      if (event.isNull(field, i) !== (scalar === null)) throw new Error(`isNull of ${need.path} is wrong`);
      scalars.push(scalar);
    }
    const members: Told[] = [];
    if (plan.needs.some((inner) => inner.within === need.path))
      for (let i = 0; i < event.members(field); i++)
        members.push(tell(event.member(field, i), plan, need.path));
    told.push([need.path, [event.state(field), ...scalars, ...(members.length > 0 ? [members] : [])]]);
  }
  // Unlike an assignment, this takes __proto__ for a key.
  return Object.fromEntries(told);
}

/** What a test keeps of a context: `fallback` only where it is true. */
export type KeptContext = Omit<EventContext, 'fallback' | 'received'> & { readonly fallback?: boolean };

export interface Seen {
  readonly told: Told;
  readonly about: KeptContext;
}

/** `read` for requests that are read in one turn, as all small ones are. */
export function readNow(...args: Parameters<typeof read>): ReadOutcome {
  const outcome = read(...args);
  if (outcome instanceof Promise) throw new Error('the request is too large to be read in one turn');
  return outcome;
}

/** An envelope is lent; this one stays. */
export function kept({ record, resource, at, timed, fallback, recordAt }: EventContext): KeptContext {
  return { record, resource, at, timed, recordAt, ...(fallback ? { fallback } : {}) };
}

/** Reads a whole request and keeps what was told; throws if it is malformed. */
export function readAll(
  from: Request,
  ...fields: (string | FieldNeed)[]
): { readonly seen: readonly Seen[]; readonly report: Omit<ReadReport, 'slow' | 'looks'> } {
  const plan = compilePlan(fields.flatMap((field) => (typeof field === 'string' ? needs(field) : [field])));
  const seen: Seen[] = [];
  const outcome = readNow(from, plan, (event, about) =>
    seen.push({ told: tell(event, plan), about: kept(about) }),
  );
  if ('malformed' in outcome) throw new Error(outcome.malformed);
  const { slow: _, looks: __, ...report } = outcome;
  return { seen, report };
}

/** What is told of one event, given as an object (then it gets what makes it an audit event) or as JSON text. */
export function toldOf(event: object | string, ...fields: (string | FieldNeed)[]): Told {
  const text =
    typeof event === 'string' ? event : JSON.stringify({ auditID: 'a', stage: 'ResponseComplete', ...event });
  const { seen } = readAll(request(text, 'line'), ...fields);
  if (seen.length !== 1) throw new Error(`${seen.length} events in ${text}`);
  return seen[0]!.told;
}

/** The paths of all leaves (and empty objects and arrays) of a JSON document. */
export function pathsOf(document: unknown, prefix = ''): string[] {
  if (typeof document !== 'object' || document === null) return [prefix];
  if (Array.isArray(document)) return [prefix, ...document.flatMap((member) => pathsOf(member, prefix))];
  return Object.entries(document).flatMap(([key, value]) => [
    ...(prefix === '' ? [] : [prefix]),
    ...pathsOf(value, prefix === '' ? key : `${prefix}.${key}`),
  ]);
}
