import { anyOfTexts, COMPARISONS, numberTest } from './field-tests.ts';
import { inputLookupCondition } from './input-lookup.ts';
import type { LookupFiles } from './lookup-files.ts';
import {
  ALWAYS,
  allConditions,
  anyCondition,
  notCondition,
  plainField,
  type RowCondition,
  type RowTest,
} from './row-condition.ts';
import type { TokenReader } from './token-reader.ts';

/** What `search` may compare: `NOT` binds tightest, then `OR`, then `AND`, which may be left out. Throws UnreadablePart. */
export function searchExpression(reader: TokenReader, lookups: LookupFiles): RowCondition {
  return new SearchParser(reader, lookups).and();
}

class SearchParser {
  readonly #reader: TokenReader;
  readonly #lookups: LookupFiles;

  constructor(reader: TokenReader, lookups: LookupFiles) {
    this.#reader = reader;
    this.#lookups = lookups;
  }

  and(): RowCondition {
    const reader = this.#reader;
    const parts = [this.#or()];
    while (reader.next !== undefined && !reader.isSign(')', ']', '|')) {
      if (reader.isOperator('AND')) reader.take();
      parts.push(this.#or());
    }
    return allConditions(parts);
  }

  #or(): RowCondition {
    const reader = this.#reader;
    return anyCondition(
      reader.separated(
        () => this.#not(),
        () => reader.isOperator('OR'),
      ),
    );
  }

  #not(): RowCondition {
    if (!this.#reader.isOperator('NOT')) return this.#primary();
    this.#reader.take();
    return notCondition(this.#reader.within(() => this.#not()));
  }

  #primary(): RowCondition {
    const reader = this.#reader;
    if (reader.isSign('(')) return reader.inParentheses(() => this.and());
    if (reader.isSign('[')) return inputLookupCondition(reader, this.#lookups);
    return this.#comparison();
  }

  #comparison(): RowCondition {
    const reader = this.#reader;
    const { kind, text, where } = reader.take();
    if (kind === 'sign' || kind === 'field') throw reader.fault(`wants a field, has ${text}`);
    if (kind === 'word' && text === '*' && !reader.isSign('=', '!=')) return ALWAYS;
    const field = plainField(text);
    if (reader.isOperator('IN')) {
      reader.take();
      return anyOfTexts(field, this.#list(), where);
    }
    if (!reader.isSign('=', '!=', ...Object.keys(COMPARISONS)))
      throw reader.fault(`${text} is a text without a field`);
    const sign = reader.take().text;
    const value = this.#value();
    if (Object.hasOwn(COMPARISONS, sign))
      return { kind: 'test', test: this.#number(field, sign, value, where) };
    if (value === '*' && sign === '=') return { kind: 'exists', field, where };
    const equal = anyOfTexts(field, [value], where);
    if (sign === '=') return equal;
    if (equal.kind !== 'test') throw reader.fault(`${field} != ${value} cannot be read`);
    return { kind: 'differs', test: equal.test };
  }

  #list(): readonly string[] {
    const reader = this.#reader;
    reader.takeSign('(');
    const values = [this.#value()];
    while (!reader.isSign(')')) {
      if (reader.isSign(',')) reader.take();
      values.push(this.#value());
    }
    reader.take();
    return values;
  }

  /** How a backslash is read depends on what is around it, so none is. */
  #value(): string {
    const { kind, text } = this.#reader.take();
    if (kind === 'sign' || kind === 'field') throw this.#reader.fault(`wants a value, has ${text}`);
    if (text.includes('\\')) throw this.#reader.fault(`the value ${text} has a backslash`);
    return text;
  }

  #number(field: string, sign: string, text: string, where: string): RowTest {
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value))
      throw this.#reader.fault(`${field} ${sign} ${text} compares texts, not numbers`);
    return numberTest(field, COMPARISONS[sign]!, value, where);
  }
}
