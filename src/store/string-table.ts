import type { Values } from '../model/hit.ts';

/** The texts of a block or a part, each once, by their place from 1 on; 0 is no text. */
export class StringTable {
  readonly #places = new Map<string, number>();
  readonly strings: string[] = [];
  /** Characters of all texts. */
  size = 0;

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.strings.push(text);
    this.size += text.length;
    this.#places.set(text, this.strings.length);
    return this.strings.length;
  }

  places(texts: readonly (string | null)[]): number[] {
    return texts.map((text) => (text === null ? 0 : this.place(text)));
  }

  /** [field, number of texts, text, ..., field, ...] */
  values(values: Values): number[] {
    const places: number[] = [];
    for (const field in values) {
      const texts = values[field]!;
      places.push(this.place(field), texts.length);
      for (const text of texts) places.push(this.place(text));
    }
    return places;
  }
}

/** The same from a block or a part that is read. Throws for a place that is not there. */
export class ReadStrings {
  readonly #strings: readonly string[];

  constructor(strings: readonly string[]) {
    this.#strings = strings;
  }

  text(place: number): string {
    const text = this.#strings[place - 1];
    if (text === undefined) throw new Error(`the table of strings has no place ${place}`);
    return text;
  }

  texts(places: readonly number[]): (string | null)[] {
    return places.map((place) => (place === 0 ? null : this.text(place)));
  }

  values(places: readonly number[]): Values {
    const values: Record<string, string[]> = {};
    for (let i = 0; i < places.length; ) {
      const field = this.text(places[i]!);
      const count = places[i + 1]!;
      const texts: string[] = [];
      for (let n = 0; n < count; n++) texts.push(this.text(places[i + 2 + n]!));
      values[field] = texts;
      i += 2 + count;
    }
    return values;
  }
}
