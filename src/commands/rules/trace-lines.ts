import type { TextTest } from '../../rules/detection/expression.ts';
import { textTest } from '../../rules/detection/text-test.ts';
import { testWords } from '../../rules/explain/test-wording.ts';
import { type Trace, textsOf } from '../../rules/explain/trace.ts';
import type { SeenField } from '../../rules/explain/trace-subject.ts';

/** A line of a tree. `seen`: the value in the event. */
export interface TraceLine {
  readonly depth: number;
  readonly holds?: boolean;
  readonly text: string;
  readonly seen?: string;
}

/** How much of a long list and of a long text is shown. */
const SHOWN = 5;
const TEXT_MAX = 120;

/** A trace as a tree; `name` precedes its first line. */
export function traceLines(trace: Trace, depth: number, name?: string): readonly TraceLine[] {
  const { holds } = trace;
  const head = (text: string) => (name === undefined ? text : `${name}: ${text}`);
  switch (trace.kind) {
    case 'all':
    case 'any':
      return [
        { depth, holds, text: head(trace.kind === 'all' ? 'all of' : 'any of') },
        ...trace.of.flatMap((part) => traceLines(part, depth + 1)),
      ];
    case 'not':
      return [{ depth, holds, text: head('not') }, ...traceLines(trace.of, depth + 1)];
    case 'null':
      return [{ depth, holds, text: head(`${trace.field} is null or absent`), seen: seenText(trace.seen) }];
    case 'exists':
      return [{ depth, holds, text: head(`${trace.field} exists`), seen: seenText(trace.seen) }];
    case 'field': {
      const tests = testsText(trace.any, textsOf(trace.seen));
      return [{ depth, holds, text: head(`${trace.field} ${tests}`), seen: seenText(trace.seen) }];
    }
    case 'reference': {
      const { field, how, other } = trace;
      const seen = `${field} ${seenText(trace.seen)}, ${other} ${seenText(trace.against)}`;
      return [{ depth, holds, text: head(`${field} ${how} ${other}`), seen }];
    }
    case 'keyword': {
      const seen = trace.found === undefined ? 'found nowhere' : `has ${shown(trace.found)}`;
      return [{ depth, holds, text: head(`any text ${testsText(trace.any, [])}`), seen }];
    }
    case 'members': {
      const { field, quantifier, members } = trace;
      const held = members.filter((member) => member.holds).length;
      const of = members.length === 0 ? 'has no members' : `holds for ${held} of ${members.length}`;
      return [
        { depth, holds, text: head(`${field}[${quantifier}]`), seen: of },
        ...decisive(members, holds === (quantifier === 'any')).flatMap(({ member, i }) =>
          traceLines(member, depth + 1, `member ${i + 1}`),
        ),
      ];
    }
  }
}

/** The first few members, those that decide the result before others. */
function decisive(members: readonly Trace[], first: boolean) {
  const numbered = members.map((member, i) => ({ member, i }));
  return numbered.toSorted((a, b) => rank(a.member) - rank(b.member) || a.i - b.i).slice(0, SHOWN);

  function rank({ holds }: Trace): number {
    return holds === first ? 0 : 1;
  }
}

/** `= "get" or "head"`; of many tests the one that passed, else the first few. */
function testsText(tests: readonly TextTest[], values: readonly string[]): string {
  if (tests.length === 0) return 'is in an empty list, so never';
  if (tests.length > SHOWN) {
    const passed = tests.find((test) => values.some(textTest([test])));
    if (passed !== undefined) return `${listed([passed])} (one of ${tests.length})`;
  }
  const more = tests.length - SHOWN;
  return `${listed(tests.slice(0, SHOWN))}${more > 0 ? ` or ${more} more` : ''}`;
}

/** The comparison is repeated only where it changes. */
function listed(tests: readonly TextTest[]): string {
  let before = '';
  const words = tests.map(testWords).map(([how, value]) => {
    const text = how === before ? clip(value) : `${how} ${clip(value)}`;
    before = how;
    return text;
  });
  return words.join(' or ');
}

/** `has "get"`, `has "a", "b" and 3 more`, `is absent`, `is null`, `has no plain value`. */
function seenText({ state, values }: SeenField): string {
  if (state === 'absent') return 'is absent';
  if (state === 'null') return 'is null';
  if (state === 'object') return 'has no plain value';
  const more = values.length - SHOWN;
  const list = values.slice(0, SHOWN).map(shown).join(', ');
  return `has ${list}${more > 0 ? ` and ${more} more` : ''}`;
}

const shown = (value: unknown): string => clip(JSON.stringify(value));

function clip(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}
