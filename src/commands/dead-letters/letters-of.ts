import { type LetterFile, letterFiles } from '../../export/dead-letters/letter-files.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { Settings } from '../../setup/settings.ts';
import { UserError } from '../../setup/user-error.ts';

/** The folder of dead letters. Throws UserError for a configuration without one. */
export function lettersDirectory({ deadLetters }: Settings, configPath: string | undefined): string {
  if (deadLetters) return deadLetters.directory;
  const where = configPath ?? '--config';
  throw new UserError([
    `${where}  delivery.directory is not set, nor is storage: without them there are no dead letters`,
  ]);
}

/** The files of each destination that has some. `only`: those of one destination; UserError where it is no name of one. */
export async function filesByDestination(
  directory: string,
  { targets }: Settings,
  only: string | undefined,
): Promise<ReadonlyMap<string, readonly LetterFile[]>> {
  const files = Map.groupBy(await letterFiles(directory), ({ destination }) => destination);
  if (only === undefined) return files;
  const known = new Set([...targets.map(({ name }) => name), ...files.keys()]);
  if (!known.has(only))
    throw new UserError([`${only}  is not the name of a destination${didYouMean(only, known)}`]);
  return new Map([[only, files.get(only) ?? []]]);
}
