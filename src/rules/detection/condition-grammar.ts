import { parsePattern, patternTest } from './pattern.ts';

/** A condition as a tree, before its names are looked up. */
export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'name'; readonly name: string }
  /** `1 of` (any) or `all of` the selections that the pattern names; `them` is the pattern `*`. */
  | { readonly kind: 'of'; readonly quantifier: 'all' | 'any'; readonly pattern: string };

/** The names that `1 of` or `all of` a pattern means. A name that begins with _ is meant only by a pattern that does. */
export function namesMeantBy(pattern: string): (name: string) => boolean {
  const fits = patternTest(parsePattern(pattern));
  return (name) => fits(name) && (pattern.startsWith('_') || !name.startsWith('_'));
}

/** Depth of nested parentheses and `not`s; more is refused, so that no condition can exhaust the stack. */
export const CONDITION_DEPTH_MAX = 100;

const AGGREGATION =
  'aggregations after | were replaced by correlations in Sigma; write a correlation rule that counts this one';

const WORDS = /[()|]|[^\s()|]+/g;
const NAME = /^[A-Za-z0-9_-]+$/;
const NAME_PATTERN = /^[A-Za-z0-9_*-]+$/;

/** Sigma's grammar: `or` binds least, then `and`, then `not`, then `1 of` / `all of` / `any of`; parentheses go first. */
export function parseCondition(text: string): Condition | { readonly fault: string } {
  try {
    return new Parser(text).whole();
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
}

class Fault extends Error {}

class Parser {
  readonly #words: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#words = text.match(WORDS) ?? [];
  }

  whole(): Condition {
    const condition = this.#or();
    const rest = this.#words[this.#at];
    if (rest === '|') throw new Fault(AGGREGATION);
    if (rest === ')') throw new Fault('closes a parenthesis that is not open');
    if (rest !== undefined) throw new Fault(`wants and, or or the end, has "${rest}"`);
    return condition;
  }

  #or(): Condition {
    return this.#chain('or', 'any', () => this.#and());
  }

  #and(): Condition {
    return this.#chain('and', 'all', () => this.#not());
  }

  #chain(word: string, kind: 'all' | 'any', part: () => Condition): Condition {
    const of = [part()];
    while (this.#take(word)) of.push(part());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #not(): Condition {
    return this.#take('not') ? { kind: 'not', of: this.#inner(() => this.#not()) } : this.#primary();
  }

  #primary(): Condition {
    if (this.#take('(')) {
      const condition = this.#inner(() => this.#or());
      if (!this.#take(')')) throw new Fault('leaves a parenthesis open');
      return condition;
    }
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Fault('ends where a selection is wanted');
    if (this.#take('of')) return this.#of(word);
    if (word === '|' || word === ')' || /^(and|or)$/i.test(word))
      throw new Fault(`wants a selection before "${word}"`);
    if (!NAME.test(word)) throw new Fault(`wants the name of a selection, has "${word}"`);
    return { kind: 'name', name: word };
  }

  #of(amount: string): Condition {
    const quantifier = { '1': 'any', any: 'any', all: 'all' }[amount.toLowerCase()];
    if (quantifier === undefined) throw new Fault(`wants 1 of, any of or all of, has "${amount} of"`);
    const pattern = this.#words[this.#at++];
    if (pattern === undefined || !NAME_PATTERN.test(pattern))
      throw new Fault(`wants them, a selection or a pattern after "${amount} of"`);
    return {
      kind: 'of',
      quantifier: quantifier as 'all' | 'any',
      pattern: pattern.toLowerCase() === 'them' ? '*' : pattern,
    };
  }

  #inner(part: () => Condition): Condition {
    if (++this.#depth > CONDITION_DEPTH_MAX) throw new Fault(`nests deeper than ${CONDITION_DEPTH_MAX}`);
    const condition = part();
    this.#depth--;
    return condition;
  }

  #take(word: string): boolean {
    if (this.#words[this.#at]?.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }
}
