/** What one process measured, by name. `records`, `bytes`, `cpu` and `seconds` wherever records were handled. */
export type Measured = Readonly<Record<string, number>>;

/** What a child says instead, if its tree has no such code: an older REF of bench:against. */
export interface Absent {
  readonly absent: string;
}

export interface Variant {
  readonly name: string;
  /** Measures in a process of its own. `tree` is the checkout whose src is run. */
  measure(tree: string): Promise<Measured | Absent>;
  /** True for what is no code of the tree, and so the same for base and head. */
  readonly baseline?: boolean;
}

export interface Column {
  readonly heading: string;
  readonly digits: number;
  of(measured: Measured): number;
}

/** One table: variants that take turns. The first is what the others are held against. */
export interface Case {
  readonly title: string;
  readonly variants: readonly Variant[];
  readonly columns: readonly Column[];
  /** Higher is better; printed as a paired ratio to the first variant. Without it nothing is compared. */
  readonly compared?: Column['of'];
}

export interface Bench {
  readonly name: string;
  /** One line: what the figures are of. */
  readonly about: string;
  /** True for one that only runs when it is named. */
  readonly byName?: boolean;
  /** `all`: the whole matrix of inputs, not only what a default run takes. */
  cases(all: boolean): readonly Case[];
}

/** A figure as the child measured it. */
export const figure = (name: string, heading: string, digits = 0, unit = 1): Column => ({
  heading,
  digits,
  of: (measured) => (measured[name] ?? Number.NaN) / unit,
});

export const perCpuSecond = ({ records = Number.NaN, cpu = Number.NaN }: Measured): number => records / cpu;

export const SPEED: readonly Column[] = [
  { heading: 'k records/s', digits: 0, of: ({ records, seconds }) => records! / seconds! / 1000 },
  { heading: 'MB per CPU s', digits: 0, of: ({ bytes, cpu }) => bytes! / cpu! / 1e6 },
  { heading: 'CPU s per 1M records', digits: 2, of: (measured) => 1e6 / perCpuSecond(measured) },
  figure('peak', 'peak RSS, MB'),
];
