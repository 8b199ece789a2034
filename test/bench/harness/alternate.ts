import type { Absent, Measured } from './case.ts';

export interface Turn {
  readonly name: string;
  run(): Promise<Measured | Absent>;
}

/** Lets all take turns, `rounds` times; results by name, in order of rounds. One that is absent has no more turns. */
export async function alternate(
  turns: readonly Turn[],
  rounds: number,
): Promise<{
  readonly results: ReadonlyMap<string, Measured[]>;
  readonly absent: ReadonlyMap<string, string>;
}> {
  const results = new Map<string, Measured[]>();
  const absent = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of turns) {
      if (absent.has(name)) continue;
      const measured = await run();
      if (isAbsent(measured)) absent.set(name, measured.absent);
      else results.set(name, [...(results.get(name) ?? []), measured]);
    }
  }
  return { results, absent };
}

const isAbsent = (one: Measured | Absent): one is Absent => typeof one['absent'] === 'string';
