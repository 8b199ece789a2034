import { BENCHES } from '../benches.ts';
import type { Bench } from './case.ts';

const ROUNDS = 9;

/** Prints what is wrong with the command line and ends the process. */
export function usage(why: string): never {
  console.error(why);
  process.exit(2);
}

/** The benches of these names; without any, those of a default run. */
export function benchesNamed(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return BENCHES.filter(({ byName }) => !byName);
  return names.map(
    (name) =>
      BENCHES.find((bench) => bench.name === name) ??
      usage(`there is no bench ${name}, only ${BENCHES.map((bench) => bench.name).join(', ')}`),
  );
}

export function roundsOf(text = String(ROUNDS)): number {
  return /^[1-9]\d{0,3}$/.test(text)
    ? Number(text)
    : usage(`--rounds wants a whole number above 0, has ${text}`);
}
