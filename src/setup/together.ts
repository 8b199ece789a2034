import { UserError } from './user-error.ts';

/**
 * Does all parts at once. Throws UserError with the lines of all that throw one, in their order, so that none hides
 * another.
 */
export async function together<T extends readonly (() => unknown)[]>(
  ...parts: T
): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
  const faults: string[] = [];
  const made: unknown[] = [];
  for (const part of await Promise.allSettled(parts.map(async (part) => part()))) {
    if (part.status === 'fulfilled') made.push(part.value);
    else if (part.reason instanceof UserError) faults.push(...part.reason.lines);
    else throw part.reason;
  }
  if (faults.length > 0) throw new UserError(faults);
  return made as { [K in keyof T]: Awaited<ReturnType<T[K]>> };
}
