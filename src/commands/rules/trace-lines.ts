import type { TextTest } from '../../rules/detection/expression.ts';
import { textTest } from '../../rules/detection/text-test.ts';
import { testWords } from '../../rules/explain/test-wording.ts';
import { type Trace, textsOf } from '../../rules/explain/trace.ts';
import type { SeenField } from '../../rules/explain/trace-subject.ts';

/** A line of a tree. `seen`: what the event has there. */
export interface TraceLine {
  readonly depth: number;
  readonly holds?: boolean;
  readonly text: string;
  readonly seen?: string;
}

/** What is shown of a long list, and of a long text. */
const SHOWN = 5;
const TEXT_MAX = 120;

/** A trace as a tree; `name` stands before its first line. */
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
      return [{ depth, holds, text: head(`${trace.field} is null or absent`), seen: seenWords(trace.seen) }];
    case 'exists':
      return [{ depth, holds, text: head(`${trace.field} is there`), seen: seenWords(trace.seen) }];
    case 'field': {
      const wanted = wantedWords(trace.any, textsOf(trace.seen));
      return [{ depth, holds, text: head(`${trace.field} ${wanted}`), seen: seenWords(trace.seen) }];
    }
    case 'reference': {
      const { field, how, other } = trace;
      const seen = `${field} ${seenWords(trace.seen)}, ${other} ${seenWords(trace.against)}`;
      return [{ depth, holds, text: head(`${field} ${how} ${other}`), seen }];
    }
    case 'keyword': {
      const seen = trace.found === undefined ? 'nowhere' : `has ${shown(trace.found)}`;
      return [{ depth, holds, text: head(`any text ${wantedWords(trace.any, [])}`), seen }];
    }
    case 'members': {
      const { field, quantifier, members } = trace;
      const held = members.filter((member) => member.holds).length;
      const of = members.length === 0 ? 'has no members' : `holds for ${held} of ${members.length}`;
      return [
        { depth, holds, text: head(`${field}[${quantifier}]`), seen: of },
        ...telling(members, holds === (quantifier === 'any')).flatMap(({ member, i }) =>
          traceLines(member, depth + 1, `member ${i + 1}`),
        ),
      ];
    }
  }
}

/** The members that decide first, and no more than can be read. */
function telling(members: readonly Trace[], first: boolean) {
  const numbered = members.map((member, i) => ({ member, i }));
  return numbered.toSorted((a, b) => rank(a.member) - rank(b.member) || a.i - b.i).slice(0, SHOWN);

  function rank({ holds }: Trace): number {
    return holds === first ? 0 : 1;
  }
}

/** `= "get" or "head"`; of many tests the one that passed, else as many as can be read. */
function wantedWords(tests: readonly TextTest[], values: readonly string[]): string {
  if (tests.length === 0) return 'is in an empty list, which nothing is';
  if (tests.length > SHOWN) {
    const passed = tests.find((test) => values.some(textTest([test])));
    if (passed !== undefined) return `${listed([passed])} (one of ${tests.length})`;
  }
  const more = tests.length - SHOWN;
  return `${listed(tests.slice(0, SHOWN))}${more > 0 ? ` or ${more} more` : ''}`;
}

/** A comparison is said again only where it is another. */
function listed(tests: readonly TextTest[]): string {
  let before = '';
  const words = tests.map(testWords).map(([how, wanted]) => {
    const text = how === before ? clip(wanted) : `${how} ${clip(wanted)}`;
    before = how;
    return text;
  });
  return words.join(' or ');
}

/** `has "get"`, `has "a", "b" and 3 more`, `is absent`, `is null`, `has objects only`. */
function seenWords({ state, values }: SeenField): string {
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
