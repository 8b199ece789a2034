import type { EventReader, FieldPlan } from '../model/event.ts';
import { isRefusal } from '../semantics/refusal.ts';

/** What became of a request, in words for a message; undefined where no answer is logged. Remembers the last answer. */
export function outcomeOf(plan: FieldPlan): (event: EventReader) => string | undefined {
  const field = plan.id('responseStatus.code');
  let last = 0;
  let outcome = '';
  return (event) => {
    const code = event.count(field) === 1 ? Number(event.scalar(field, 0)) : 0;
    if (!(code > 0)) return undefined;
    if (code !== last) {
      last = code;
      outcome = isRefusal(code)
        ? `refused (HTTP ${code})`
        : code < 400
          ? 'allowed'
          : `unknown (HTTP ${code})`;
    }
    return outcome;
  };
}
