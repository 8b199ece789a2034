import { configAt } from '../../setup/settings.ts';
import { UserError } from '../../setup/user-error.ts';

const EXIT_USAGE = 2;

/** The directory of a store: as it is given, or that of a configuration. Throws UserError where it is not exactly one of them. */
export function storedAt(
  directory: string | undefined,
  { config }: { readonly config?: string | undefined },
): string {
  if ((directory === undefined) === (config === undefined))
    throw new UserError(
      ['give the directory of the store, or --config with the configuration that names it'],
      EXIT_USAGE,
    );
  if (config === undefined) return directory!;
  const { storage } = configAt(config);
  if (storage.directory !== undefined) return storage.directory;
  throw new UserError([`${config}  storage.directory is not set: nothing is stored`], EXIT_USAGE);
}
