import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The checkout that this file is of. */
export const ROOT = new URL('../../../', import.meta.url).pathname.replace(/\/$/, '');

/** Thrown where a tree lacks what a bench runs. */
export class Missing extends Error {}

/**
 * A module of a tree's src, typed as ours: `bench:against` runs these benches on another commit's code. Throws Missing
 * where the module, or one of `names` in it, is not there.
 */
export async function fromTree<T extends object>(
  tree: string,
  path: string,
  ...names: readonly (keyof T & string)[]
): Promise<T> {
  const url = pathToFileURL(join(tree, 'src', path)).href;
  let module: T;
  try {
    module = await import(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
      throw new Missing(`there is no src/${path}`);
    throw error;
  }
  for (const name of names) if (!(name in module)) throw new Missing(`src/${path} does not export ${name}`);
  return module;
}
