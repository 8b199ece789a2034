import type { EventReader, FieldPlan, RequestField, Scalar } from '../model/event.ts';
import { commandOf } from './exec-command.ts';
import { objectName } from './object-name.ts';
import { actionOf, dryRunOf } from './request-action.ts';
import { outcomeOf } from './request-outcome.ts';

/** The values of one field of one event. */
type ValuesOf = (event: EventReader) => readonly Scalar[];

const NONE: readonly Scalar[] = [];

const FIELDS = {
  'request.action': (plan) => single(actionOf(plan)),
  'request.dry_run': (plan) => {
    const isDryRun = dryRunOf(plan);
    return single((event) => (isDryRun(event) ? true : undefined));
  },
  'request.outcome': (plan) => single(outcomeOf(plan)),
  'process.command_args': (plan) => {
    const command = commandOf(plan);
    return (event) => command(event)?.args ?? NONE;
  },
  'process.command_line': (plan) => {
    const command = commandOf(plan);
    return single((event) => command(event)?.line);
  },
  'object.name': (plan) => single(objectName(plan)),
} as const satisfies Record<RequestField, (plan: FieldPlan) => ValuesOf>;

/** What a request did, field by field. A field is made when it is first asked for: the plan holds the sources of no others. */
export function requestFields(
  plan: FieldPlan,
): (field: RequestField, event: EventReader) => readonly Scalar[] {
  const made = new Map<RequestField, ValuesOf>();
  return (field, event) => {
    let valuesOf = made.get(field);
    if (valuesOf === undefined) {
      valuesOf = FIELDS[field](plan);
      made.set(field, valuesOf);
    }
    return valuesOf(event);
  };
}

/** The list of the last value is kept: many rules ask about one event. */
function single(read: (event: EventReader) => Scalar | undefined): ValuesOf {
  let last: readonly Scalar[] = NONE;
  return (event) => {
    const value = read(event);
    if (value === undefined) return NONE;
    if (last[0] !== value) last = [value];
    return last;
  };
}
