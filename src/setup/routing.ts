import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { Config, SettingPlace } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import { hasWildcard, wildcard } from '../lib/wildcard.ts';
import type { RiskEvent, Route } from '../model/risk.ts';
import { LEVELS } from '../model/rule.ts';
import type { RuleSet } from '../rules/assembly/load-rules.ts';
import { idOf } from '../rules/document/catalog.ts';
import type { SigmaDocument } from '../rules/document/document.ts';
import { noSuchRule } from '../rules/tuning/no-such-rule.ts';

/** The routes of a configuration. */
export interface Routing {
  readonly route: Route;
  /**
   * Knows the rules of this set by their names from now on, beside those of earlier sets. Returns a line for each name in a
   * route that the set does not have.
   */
  use(ruleSet: Pick<RuleSet, 'documents'>): readonly string[];
}

type RouteConfig = Config['routes'][number];
type Test = (event: RiskEvent) => boolean;

/** `names`: of all destinations. */
export function routing(
  { routes, place }: Pick<Config, 'routes' | 'place'>,
  names: readonly string[],
): Routing {
  /** By the name in a route: ids of the rules that it means. */
  const ids = new Map<string, Set<string>>();
  const ways = routes
    .filter((route) => !route.default)
    .map((route) => ({ to: route.to, holds: testOf(route, ids) }));
  const defaults = routes.filter((route) => route.default).flatMap(({ to }) => to);
  const others = defaults.length > 0 ? inOrder(names, defaults) : names;
  return {
    route(event) {
      const matching = ways.filter(({ holds }) => holds(event));
      if (matching.length === 0) return others;
      return inOrder(
        names,
        matching.flatMap(({ to }) => to),
      );
    },
    use({ documents }) {
      for (const name of new Set(routes.flatMap(({ rule = [] }) => rule))) {
        const known = ids.get(name) ?? new Set();
        ids.set(name, known);
        for (const document of documents) if (document.head.name === name) known.add(idOf(document));
      }
      return faultLines(routes.flatMap((route, i) => unknownNames(route, i, documents, place)));
    },
  };
}

/** Each name once, in the order of `names`. */
const inOrder = (names: readonly string[], some: readonly string[]): readonly string[] =>
  names.filter((name) => some.includes(name));

/** Whether all conditions of a route hold. */
function testOf(route: RouteConfig, ids: ReadonlyMap<string, ReadonlySet<string>>): Test {
  const { min_score, level, rule, tag, pack, cluster, namespace, kind } = route;
  const tests: Test[] = [];
  if (min_score !== undefined) tests.push(({ rank }) => rank.score >= min_score);
  if (level !== undefined) {
    const least = LEVELS.indexOf(level);
    tests.push(({ rank }) => LEVELS.indexOf(rank.level) >= least);
  }
  if (rule) {
    tests.push(({ detection }) =>
      rule.some((name) => name === detection.rule || ids.get(name)?.has(detection.rule)),
    );
  }
  if (tag) tests.push(oneOfThem(tag, ({ attributes }) => attributes['sidewatch.rule.tags']));
  if (pack)
    tests.push(({ attributes }) => pack.some((name) => name === attributes['security_rule.ruleset.name']));
  if (cluster) tests.push(oneOfThem(cluster, ({ resource }) => resource['k8s.cluster.name']));
  if (namespace)
    tests.push(oneOfThem(namespace, ({ attributes }) => attributes['sidewatch.k8s.object.namespace']));
  if (kind) tests.push(({ name }) => name === `sidewatch.${kind}`);
  return (event) => tests.every((holds) => holds(event));
}

/** Whether a text of an event, or one of several, fits one of the patterns. */
function oneOfThem(patterns: readonly string[], textsOf: (event: RiskEvent) => unknown): Test {
  const fits = patterns.map(wildcard);
  return (event) =>
    [textsOf(event)].flat().some((text) => typeof text === 'string' && fits.some((test) => test(text)));
}

/** A fault for each name in the conditions of a route that these documents do not have. */
function unknownNames(
  { rule = [], tag = [], pack = [] }: RouteConfig,
  i: number,
  documents: readonly SigmaDocument[],
  place: SettingPlace | undefined,
): readonly PlacedFault[] {
  const has = {
    rule: (name: string) => documents.some((one) => idOf(one) === name || one.head.name === name),
    tag: (name: string) => documents.some(({ head }) => head.tags.includes(name)),
    pack: (name: string) => documents.some(({ ruleset }) => ruleset === name),
  };
  const given = { rule, tag: tag.filter((name) => !hasWildcard(name)), pack };
  return (['rule', 'tag', 'pack'] as const).flatMap((by) =>
    given[by].flatMap((name, j) =>
      has[by](name) ? [] : settingFault(['routes', i, by, j], noSuchRule(by, name, documents), place),
    ),
  );
}
