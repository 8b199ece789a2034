import * as z from 'zod';

/** The description of a kind of value, for the table of options and for every error: "wants …, has …". */
export interface Kind {
  readonly wants: string;
  /** No error shows the value. */
  readonly secret?: boolean;
  /** A list that may also be the text of its only value. */
  readonly orText?: boolean;
  /** Messages for values, or keys of a map, that people may expect here and that do not exist. */
  readonly instead?: Readonly<Record<string, string>>;
}

export const KINDS = z.registry<Kind>();

export function kind<T extends z.ZodType>(schema: T, wants: string, more: Omit<Kind, 'wants'> = {}): T {
  KINDS.add(schema, { wants, ...more });
  return schema;
}
