import type { Config } from './schema.ts';

/** What is good of a configuration, with defaults in the place of what is not. */
export interface GoodPart {
  readonly config: Config;
  /** Whether something under `rules` was left out: then names that rules use may stand for something after all. */
  readonly rulesLack: boolean;
}

type Sections = Record<string, Record<string, unknown> | undefined>;

/**
 * Takes out each part of `value` in which something is wrong: one key of `rules`, one destination, any other section whole.
 * undefined where nothing good is left.
 */
export function goodPart(
  value: unknown,
  wrong: readonly (readonly PropertyKey[])[],
  parse: (value: unknown) => Config | undefined,
): GoodPart | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const left: Sections = { ...value };
  for (const path of wrong) {
    const [section = '', name] = path.map(String);
    const good = name === undefined ? {} : without(left[section], name);
    // No pack is loaded for one that is misspelt; and a destination is still named, so the environment is not asked.
    if (section === 'rules')
      left['rules'] = name === undefined || name === 'packs' ? { ...good, packs: [] } : good;
    else if (section === 'destinations')
      left['destinations'] = { ...good, 'left-out': { protocol: 'console' } };
    else delete left[section];
  }
  const config = parse(left);
  return config && { config, rulesLack: wrong.some(([section]) => section === 'rules') };
}

const without = (map: Record<string, unknown> | undefined, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => key !== name));
