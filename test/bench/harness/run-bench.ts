import { alternate } from './alternate.ts';
import type { Case } from './case.ts';
import { spread } from './spread.ts';
import { table } from './table.ts';

/** Runs a case's variants in turn and gives its table, the first variant being what the others are held against. */
export async function runCase(
  { variants, columns, compared }: Case,
  tree: string,
  rounds: number,
): Promise<string> {
  const { results, absent } = await alternate(
    variants.map(({ name, measure }) => ({ name, run: () => measure(tree) })),
    rounds,
  );
  for (const [name, why] of absent) throw new Error(`${name}: ${why}`);
  const base = results.get(variants[0]!.name)!;
  return table(
    [
      '',
      ...columns.map(({ heading }) => heading),
      ...(compared ? [`times ${variants[0]!.name}, paired`] : []),
    ],
    [...results].map(([name, own]) => [
      name,
      ...columns.map(({ of, digits }) => spread(own.map(of), digits)),
      ...(compared
        ? [
            spread(
              own.map((one, i) => compared(one) / compared(base[i]!)),
              2,
            ),
          ]
        : []),
    ]),
  );
}
