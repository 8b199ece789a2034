import { didYouMean } from '../lib/nearest.ts';
import type { PlacedFault } from './fault-lines.ts';
import type { Config } from './schema.ts';
import { settingFault } from './setting-fault.ts';

/** A fault for each name in a route that is no destination. `names`: of all destinations. */
export function routeFaults({ routes, place }: Config, names: readonly string[]): readonly PlacedFault[] {
  return routes.flatMap(({ to }, i) =>
    to.flatMap((name, j) => {
      if (names.includes(name)) return [];
      const what = `"${name}" is no destination${didYouMean(name, names)}`;
      return settingFault(['routes', i, 'to', j], what, place);
    }),
  );
}

/** A warning for each destination that no route names. */
export function routeWarnings({ routes, place }: Config, names: readonly string[]): readonly PlacedFault[] {
  if (routes.length === 0) return [];
  const named = new Set(routes.flatMap(({ to }) => to));
  const gets = routes.some((route) => route.default) ? 'nothing' : 'only what no route matches';
  return names
    .filter((name) => !named.has(name))
    .map((name) => settingFault(['destinations', name], `no route names it, so it gets ${gets}`, place));
}
