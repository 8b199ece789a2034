import { re2Fault, re2Finds } from '../../lib/re2.ts';
import { COMPARISONS, equalTest, networkTest, numberTest } from './field-tests.ts';
import {
  allConditions,
  anyCondition,
  notCondition,
  plainField,
  type RowCondition,
  type RowTest,
} from './row-condition.ts';
import type { SplToken } from './spl-tokens.ts';
import type { TokenReader } from './token-reader.ts';

/** A side of a comparison. */
type Operand =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number };

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
/** A name that needs no quotes: with a dot in it, it would be a concatenation. */
const NAME = /^[A-Za-z_]\w*$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** What `where` may compare, in which case counts: `NOT` binds tightest, then `AND`, then `OR`. Throws UnreadablePart. */
export function whereExpression(reader: TokenReader): RowCondition {
  return new WhereParser(reader).or();
}

class WhereParser {
  readonly #reader: TokenReader;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  or(): RowCondition {
    const reader = this.#reader;
    return anyCondition(
      reader.separated(
        () => this.#and(),
        () => reader.isWord('OR'),
      ),
    );
  }

  #and(): RowCondition {
    const reader = this.#reader;
    return allConditions(
      reader.separated(
        () => this.#not(),
        () => reader.isWord('AND'),
      ),
    );
  }

  #not(): RowCondition {
    if (!this.#reader.isWord('NOT')) return this.#primary();
    this.#reader.take();
    return notTrue(this.#reader.within(() => this.#not()));
  }

  #primary(): RowCondition {
    const reader = this.#reader;
    if (reader.isSign('(')) return reader.inParentheses(() => this.or());
    const { next, after } = reader;
    if (next?.kind === 'word' && after?.kind === 'sign' && after.text === '(') return this.#call();
    return this.#comparison();
  }

  #comparison(): RowCondition {
    const reader = this.#reader;
    const { where } = reader;
    const left = this.#operand();
    if (reader.isWord('IN')) {
      reader.take();
      return testOf(equalTest(this.#fieldIn(left), this.#texts(), where, EXACT));
    }
    const isNot = reader.isWord('NOT');
    if (isNot) reader.take();
    if (reader.isWord('LIKE')) {
      reader.take();
      const like = testOf(likeTest(this.#fieldIn(left), this.#text(), where));
      return isNot ? notTrue(like) : like;
    }
    if (isNot || !reader.isSign('=', '==', '!=', ...Object.keys(COMPARISONS)))
      throw reader.fault(`wants a comparison, has ${reader.next?.text ?? 'the end'}`);
    const sign = reader.take().text;
    const right = this.#operand();
    const [field, value, op] =
      left.kind === 'field' ? [left.name, right, sign] : [this.#fieldIn(right), left, FLIPPED[sign] ?? sign];
    if (value.kind === 'field') throw reader.fault('compares two fields');
    return compared(field, op, value, where, reader);
  }

  #call(): RowCondition {
    const reader = this.#reader;
    const { text, where } = reader.take();
    reader.takeSign('(');
    const call = this.#callOf(text.toLowerCase(), where);
    reader.takeSign(')');
    return call;
  }

  #callOf(name: string, where: string): RowCondition {
    const reader = this.#reader;
    switch (name) {
      case 'isnull':
        return notCondition({ kind: 'exists', field: this.#field(), where });
      case 'isnotnull':
        return { kind: 'exists', field: this.#field(), where };
      case 'like': {
        const field = this.#field();
        reader.takeSign(',');
        return testOf(likeTest(field, this.#text(), where));
      }
      case 'match': {
        const field = this.#field();
        reader.takeSign(',');
        return testOf(this.#regex(field, this.#text(), where));
      }
      case 'cidrmatch': {
        const network = this.#text();
        reader.takeSign(',');
        return testOf(networkTest(this.#field(), [network], where));
      }
      case 'in': {
        const field = this.#field();
        reader.takeSign(',');
        return testOf(equalTest(field, this.#textsUntilEnd(), where, EXACT));
      }
      default:
        throw reader.fault(`the function ${name} cannot be read`);
    }
  }

  #regex(field: string, source: string, where: string): RowTest {
    const fault = re2Fault(source);
    if (fault !== undefined) throw this.#reader.fault(`"${source}" ${fault}`);
    return { field, modifiers: ['re'], values: [source], zero: re2Finds(source, '0'), where };
  }

  #texts(): readonly string[] {
    this.#reader.takeSign('(');
    const texts = this.#textsUntilEnd();
    this.#reader.takeSign(')');
    return texts;
  }

  #textsUntilEnd(): readonly string[] {
    const reader = this.#reader;
    return reader.separated(
      () => this.#text(),
      () => reader.isSign(','),
    );
  }

  #operand(): Operand {
    const token = this.#reader.take();
    if (token.kind === 'text') return { kind: 'text', text: this.#withoutBackslash(token) };
    if (token.kind === 'field') return { kind: 'field', name: plainField(token.text) };
    if (token.kind === 'word' && NUMBER.test(token.text))
      return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'word' && NAME.test(token.text)) return { kind: 'field', name: token.text };
    throw this.#reader.fault(
      `${token.text} cannot be read; a field with other signs than letters stands in single quotes`,
    );
  }

  #field(): string {
    return this.#fieldIn(this.#operand());
  }

  #fieldIn(operand: Operand): string {
    if (operand.kind !== 'field') throw this.#reader.fault('compares two values');
    return operand.name;
  }

  #text(): string {
    const operand = this.#operand();
    if (operand.kind === 'field') throw this.#reader.fault('wants a text in double quotes');
    return operand.kind === 'text' ? operand.text : String(operand.value);
  }

  #withoutBackslash({ text }: SplToken): string {
    if (text.includes('\\')) throw this.#reader.fault(`the text "${text}" has a backslash`);
    return text;
  }
}

/** A comparison with a missing field is neither true nor false, and so is its negation. */
function notTrue(condition: RowCondition): RowCondition {
  switch (condition.kind) {
    case 'all':
      return anyCondition(condition.of.map(notTrue));
    case 'any':
      return allConditions(condition.of.map(notTrue));
    case 'test':
      return { kind: 'differs', test: condition.test };
    case 'differs':
      return { kind: 'test', test: condition.test };
    default:
      return notCondition(condition);
  }
}

const EXACT = { cased: true, isPattern: false } as const;

const testOf = (test: RowTest): RowCondition => ({ kind: 'test', test });

/** `%` and `_` are the wildcards of LIKE. */
function likeTest(field: string, pattern: string, where: string): RowTest {
  const value = pattern
    .replace(/[\\*?]/g, '\\$&')
    .replaceAll('%', '*')
    .replaceAll('_', '?');
  const rest = pattern.replaceAll('%', '');
  return {
    field,
    modifiers: ['cased'],
    values: [value],
    zero: rest === '' || rest === '0' || rest === '_',
    where,
  };
}

function compared(
  field: string,
  op: string,
  value: Exclude<Operand, { kind: 'field' }>,
  where: string,
  reader: TokenReader,
): RowCondition {
  if (Object.hasOwn(COMPARISONS, op)) {
    if (value.kind === 'text') throw reader.fault(`${field} ${op} compares texts, not numbers`);
    return testOf(numberTest(field, COMPARISONS[op]!, value.value, where));
  }
  const text = value.kind === 'text' ? value.text : String(value.value);
  const test = equalTest(field, [text], where, EXACT);
  return op === '!=' ? { kind: 'differs', test } : testOf(test);
}
