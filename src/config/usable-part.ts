import type { YamlPath } from '../lib/yaml-source.ts';
import type { Config } from './schema.ts';

/** The usable part of a configuration with faults: defaults replace the faulty parts. */
export interface UsablePart {
  readonly config: Config;
  /** Something under `rules` was left out, so a name that no rule or list has is not an error. */
  readonly rulesIncomplete: boolean;
}

type Sections = Record<string, Record<string, unknown> | undefined>;

/**
 * Takes out each part of `value` in which something is wrong: one key of `rules`, one destination, any other section whole.
 * undefined where nothing usable is left.
 */
export function usablePart(
  value: unknown,
  wrong: readonly YamlPath[],
  parse: (value: unknown) => Config | undefined,
): UsablePart | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const left: Sections = { ...value };
  for (const path of wrong) {
    const [section = '', name] = path.map(String);
    const others = name === undefined ? {} : without(left[section], name);
    // The default pack does not stand in for a misspelt one; and a destination stays named, so that the environment is not read;
    // routes may name the one that is left out.
    if (section === 'rules')
      left['rules'] = name === undefined || name === 'packs' ? { ...others, packs: [] } : others;
    else if (section === 'destinations') {
      left['destinations'] = { ...others, 'left-out': { protocol: 'console' } };
      delete left['routes'];
    }
    // Nor is there nowhere to put dead letters because another key is wrong.
    else if (section === 'delivery') left['delivery'] = { directory: 'left-out' };
    else delete left[section];
  }
  const config = parse(left);
  return config && { config, rulesIncomplete: wrong.some(([section]) => section === 'rules') };
}

const without = (map: Record<string, unknown> | undefined, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => key !== name));
