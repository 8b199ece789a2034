import { fileOf, rulesAround } from '../../src/commands/rules/rules-around.ts';
import { engine } from '../../src/commands/rules/test-engine.ts';
import { findTests } from '../../src/commands/rules/test-paths.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { idOf } from '../../src/rules/document/catalog.ts';
import { testEvents } from '../../src/rules/tests/test-events.ts';
import { parseTestFile } from '../../src/rules/tests/test-file.ts';
import { geoOf } from '../../src/setup/detector.ts';
import type { ProviderLog } from './provider-logs.ts';

/**
 * The rules of a pack that fire in none of their own tests when each event is what a provider's log has of it, by the name of
 * the log. A rule whose tests all need something that the log lacks counts as blind; one that sees less does not.
 */
export async function blindRules(
  pack: string,
  logs: Readonly<Record<string, ProviderLog>>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { config } = defaults();
  const geo = geoOf(config);
  const around = rulesAround([], new Map());
  const blind = new Map(Object.keys(logs).map((name): [string, string[]] => [name, []]));
  for (const found of findTests([new URL(`../../rules/${pack}/`, import.meta.url).pathname]).found) {
    const { ruleSet, nameOf } = around(found);
    const rules = ruleSet.rules.filter(
      ({ silent, source }) => !silent && fileOf({ where: source }) === nameOf(found.ruleFile),
    );
    const parsed = parseTestFile(found.path, found.text);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const names = new Map(ruleSet.documents.map((document) => [idOf(document), document.head.name]));
    const run = engine(ruleSet, { rules }, config, geo);
    for (const [log, of] of Object.entries(logs)) {
      const left = new Set(rules.map(({ id }) => id));
      for (const { steps, cluster, fires } of parsed.file.tests) {
        if (fires.length === 0 || left.size === 0) continue;
        const events = testEvents(parsed.file.event, steps).flatMap((event) => of(event) ?? []);
        for (const { detection } of await run.run(events, cluster)) left.delete(detection.rule);
      }
      blind.get(log)!.push(...[...left].map((id) => names.get(id) ?? id));
    }
  }
  return new Map([...blind].map(([log, rules]) => [log, rules.sort()]));
}

function defaults() {
  const loaded = loadConfig(undefined, {}, () => '');
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors));
  return loaded;
}
