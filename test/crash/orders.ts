/** What the crash test says to its `serve`. */
export type Order =
  | { readonly kind: 'clock'; readonly now: number }
  /** To kill itself, so many milliseconds after the nth call of this name to its store. */
  | { readonly kind: 'die'; readonly call: string; readonly nth: number; readonly after: number };
