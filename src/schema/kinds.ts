import * as z from 'zod';

/** What a kind of value is called. The table of options reads it, and every error: "wants …, has …". */
export interface Kind {
  readonly wants: string;
  /** No error shows the value. */
  readonly secret?: boolean;
  /** What to say about values, or keys of a map, that people may expect here and that do not exist. */
  readonly instead?: Readonly<Record<string, string>>;
}

export const KINDS = z.registry<Kind>();

export function kind<T extends z.ZodType>(schema: T, wants: string, more: Omit<Kind, 'wants'> = {}): T {
  KINDS.add(schema, { wants, ...more });
  return schema;
}
