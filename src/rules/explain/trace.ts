import { type Expression, foldCase, type Quantifier, type TextTest } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import type { SeenField, Subject } from './trace-subject.ts';

/** Why an expression holds for an event, or not: its tree, with the values that were seen at each leaf. Plain data. */
export type Trace = { readonly holds: boolean } & (
  | { readonly kind: 'all' | 'any'; readonly of: readonly Trace[] }
  | { readonly kind: 'not'; readonly of: Trace }
  | { readonly kind: 'null' | 'exists'; readonly field: string; readonly seen: SeenField }
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly any: readonly TextTest[];
      readonly seen: SeenField;
    }
  | {
      readonly kind: 'reference';
      readonly field: string;
      readonly other: string;
      /** How the two are compared. */
      readonly how: 'equals' | 'starts with' | 'ends with' | 'contains';
      readonly seen: SeenField;
      readonly against: SeenField;
    }
  /** `found`: a text that passes. */
  | { readonly kind: 'keyword'; readonly any: readonly TextTest[]; readonly found?: string }
  | {
      readonly kind: 'members';
      readonly field: string;
      readonly quantifier: Quantifier;
      readonly members: readonly Trace[];
    }
);

/** Evaluates every part, also after the answer is known: the slow and simple counterpart of `predicate`. */
export function trace(expression: Expression, subject: Subject): Trace {
  switch (expression.kind) {
    case 'all':
    case 'any': {
      const { kind } = expression;
      const of = expression.of.map((part) => trace(part, subject));
      const holds = kind === 'all' ? of.every((part) => part.holds) : of.some((part) => part.holds);
      return { kind, holds, of };
    }
    case 'not': {
      const of = trace(expression.of, subject);
      return { kind: 'not', holds: !of.holds, of };
    }
    case 'null': {
      const { kind, field } = expression;
      const seen = subject.seen(field);
      const holds = seen.state === 'value' ? seen.values.includes(null) : seen.state !== 'object';
      return { kind, holds, field, seen };
    }
    case 'exists': {
      const { kind, field } = expression;
      const seen = subject.seen(field);
      return { kind, holds: seen.state !== 'absent', field, seen };
    }
    case 'field': {
      const { kind, field, any } = expression;
      const seen = subject.seen(field);
      return { kind, holds: textsOf(seen).some(textTest(any)), field, any, seen };
    }
    case 'reference':
      return reference(expression, subject);
    case 'keyword': {
      const { kind, any } = expression;
      const passes = textTest(any);
      let found: string | undefined;
      const holds = subject.someLeaf((text) => {
        if (!passes(text)) return false;
        found = text;
        return true;
      });
      return { kind, holds, any, ...(found === undefined ? {} : { found }) };
    }
    case 'members': {
      const { kind, field, quantifier } = expression;
      const members = subject.members(field).map((member) => trace(expression.of, member));
      return { kind, holds: quantified(quantifier, members), field, quantifier, members };
    }
  }
}

function reference(
  { field, other, head, tail, cased }: Expression & { readonly kind: 'reference' },
  subject: Subject,
): Trace {
  const how = head ? (tail ? 'contains' : 'ends with') : tail ? 'starts with' : 'equals';
  const [seen, against] = [subject.seen(field), subject.seen(other)];
  const plain = (text: string) => (cased ? text : foldCase(text));
  const holds = textsOf(seen).some((text) =>
    textsOf(against).some((wanted) => MEETS[how](plain(text), plain(wanted))),
  );
  return { kind: 'reference', holds, field, other, how, seen, against };
}

const MEETS = {
  equals: (text: string, other: string) => text === other,
  'starts with': (text: string, other: string) => text.startsWith(other),
  'ends with': (text: string, other: string) => text.endsWith(other),
  contains: (text: string, other: string) => text.includes(other),
} as const;

function quantified(quantifier: Quantifier, members: readonly Trace[]): boolean {
  const every = members.every(({ holds }) => holds);
  switch (quantifier) {
    case 'any':
      return members.some(({ holds }) => holds);
    case 'none':
      return !members.some(({ holds }) => holds);
    case 'all':
      return members.length > 0 && every;
    case 'all_or_empty':
      return every;
  }
}

/** A null has no text. */
export function textsOf({ values }: SeenField): readonly string[] {
  return values.filter((value) => value !== null).map(String);
}
