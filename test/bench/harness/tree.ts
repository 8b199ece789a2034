import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The checkout that this file is of. */
export const ROOT = new URL('../../../', import.meta.url).pathname.replace(/\/$/, '');

/** Where a module stood before, the latest place first, for `bench:against` with an older commit. */
const EARLIER: Readonly<Record<string, string | readonly string[]>> = {
  'audit/field-plan.ts': 'audit/plan.ts',
  'config/load-config.ts': 'config/load.ts',
  'ops/counter-store.ts': 'ops/counters.ts',
  'rules/assembly/base-rules.ts': 'rules/base-rules.ts',
  'rules/document/catalog.ts': 'rules/catalog.ts',
  'rules/document/read-documents.ts': 'rules/read-documents.ts',
  'rules/matching/matcher.ts': 'rules/matcher.ts',
  'rules/source/rule-findings.ts': ['rules/source/findings.ts', 'rules/report.ts'],
  'setup/detector.ts': 'commands/detector.ts',
};

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
  const found = [path, EARLIER[path] ?? []].flat().find((one) => existsSync(join(tree, 'src', one))) ?? path;
  const url = pathToFileURL(join(tree, 'src', found)).href;
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
