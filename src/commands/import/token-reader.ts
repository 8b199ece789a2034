import type { SplToken } from './spl-tokens.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** Parentheses and NOTs within each other. */
const NESTED_MAX = 100;

/** Reads tokens one by one. `end`: where what has no more tokens is reported. */
export class TokenReader {
  readonly #tokens: readonly SplToken[];
  readonly #end: string;
  #at = 0;
  #nested = 0;

  constructor(tokens: readonly SplToken[], end: string) {
    this.#tokens = tokens;
    this.#end = end;
  }

  get next(): SplToken | undefined {
    return this.#tokens[this.#at];
  }

  get after(): SplToken | undefined {
    return this.#tokens[this.#at + 1];
  }

  /** Where the next token is. */
  get where(): string {
    return this.next?.where ?? this.#end;
  }

  take(): SplToken {
    const token = this.next;
    if (token === undefined) throw new UnreadablePart(this.#end, 'ends too early');
    this.#at++;
    return token;
  }

  isSign(...signs: readonly string[]): boolean {
    return this.next?.kind === 'sign' && signs.includes(this.next.text);
  }

  /** What `read` finds within parentheses, or behind a NOT. Throws UnreadablePart where it is too deep. */
  within<Part>(read: () => Part): Part {
    if (this.#nested >= NESTED_MAX) throw this.fault('is nested too deep');
    this.#nested++;
    const part = read();
    this.#nested--;
    return part;
  }

  /** What `read` finds in parentheses that begin here. Throws UnreadablePart. */
  inParentheses<Part>(read: () => Part): Part {
    this.takeSign('(');
    const inner = this.within(read);
    this.takeSign(')');
    return inner;
  }

  /** One part, and each further one before which `isBetween` finds a token; that is taken. */
  separated<Part>(read: () => Part, isBetween: () => boolean): readonly Part[] {
    const parts = [read()];
    while (isBetween()) {
      this.take();
      parts.push(read());
    }
    return parts;
  }

  /** A word in any case, such as a command. */
  isWord(word: string): boolean {
    return this.next?.kind === 'word' && this.next.text.toLowerCase() === word.toLowerCase();
  }

  /** An operator, which is in capitals in a search. */
  isOperator(word: string): boolean {
    return this.next?.kind === 'word' && this.next.text === word;
  }

  takeSign(sign: string): SplToken {
    if (!this.isSign(sign)) throw this.fault(`wants ${sign}, has ${this.next?.text ?? 'the end'}`);
    return this.take();
  }

  fault(message: string): UnreadablePart {
    return new UnreadablePart(this.where, message);
  }
}
