import { type Condition, namesMeantBy } from '../detection/condition-grammar.ts';
import type { SigmaDetection } from '../detection/detection.ts';
import { type Trace, trace } from './trace.ts';
import type { Subject } from './trace-subject.ts';

/** A detection's conditions (any is enough) over its selections, each with its truth. */
export interface DetectionTrace {
  readonly holds: boolean;
  readonly conditions: readonly {
    readonly text: string;
    readonly tree: Condition;
    readonly holds: boolean;
  }[];
  /** With their names, in the order of the block. */
  readonly selections: readonly { readonly name: string; readonly trace: Trace }[];
}

export function traceDetection({ conditions, selections }: SigmaDetection, subject: Subject): DetectionTrace {
  const traced = [...selections].map(([name, expression]) => ({ name, trace: trace(expression, subject) }));
  const truth = new Map(traced.map((one) => [one.name, one.trace.holds]));
  const judged = conditions.map((condition) => ({
    text: conditionText(condition),
    tree: condition,
    holds: holds(condition, truth),
  }));
  return { holds: judged.some((one) => one.holds), conditions: judged, selections: traced };
}

function holds(condition: Condition, truth: ReadonlyMap<string, boolean>): boolean {
  switch (condition.kind) {
    case 'name':
      return truth.get(condition.name) === true;
    case 'not':
      return !holds(condition.of, truth);
    case 'all':
      return condition.of.every((part) => holds(part, truth));
    case 'any':
      return condition.of.some((part) => holds(part, truth));
    case 'of': {
      const names = [...truth.keys()].filter(namesMeantBy(condition.pattern));
      const isTrue = (name: string) => truth.get(name) === true;
      return condition.quantifier === 'all' ? names.every(isTrue) : names.some(isTrue);
    }
  }
}

/** As Sigma writes it, with parentheses where `and` and `or` are mixed. */
function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'name':
      return condition.name;
    case 'not':
      return `not ${within(condition.of, ['name', 'of', 'not'])}`;
    case 'all':
      return condition.of.map((part) => within(part, ['name', 'of', 'not'])).join(' and ');
    case 'any':
      return condition.of.map((part) => within(part, ['name', 'of', 'not'])).join(' or ');
    case 'of':
      return `${condition.quantifier === 'all' ? 'all' : '1'} of ${condition.pattern === '*' ? 'them' : condition.pattern}`;
  }
}

function within(condition: Condition, bare: readonly Condition['kind'][]): string {
  const text = conditionText(condition);
  return bare.includes(condition.kind) ? text : `(${text})`;
}
