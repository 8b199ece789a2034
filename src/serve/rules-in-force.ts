import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import type { Geo } from '../enrich/place.ts';
import { inOneStep } from '../lib/steps.ts';
import type { Render } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { State } from '../model/state.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import { fileWatch } from '../ops/file-watch.ts';
import { inTurns } from '../ops/in-turns.ts';
import type { Log } from '../ops/own-log.ts';
import type { Detector } from '../pipeline.ts';
import { ruleNames } from '../rules/explain/rule-names.ts';
import { rulePaths } from '../rules/source/files.ts';
import { type Loaded, loadingDetector } from '../setup/detector.ts';
import type { Routing } from '../setup/routing.ts';
import { UserError } from '../setup/user-error.ts';
import { reportLeftOut } from './left-out.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { ruleChanges } from './rule-changes.ts';

/** The rule set that `serve` runs. It can be replaced by another one while requests come in. */
export interface RulesInForce {
  readonly loaded: Loaded;
  detector(): Detector;
  /** What a rule is called, by its id: also one that was in force before. */
  ruleName(id: string): string;
  /** Whether the files that the set comes from (configuration, rules, lists) have changed; see `fileWatch`. */
  changed(): boolean;
  /**
   * Reads configuration and rules again, in turns with the requests. Resolves when the new set, or still the old one, is in
   * force; never rejects. Calls during a reload cause one more reload, however many they are.
   */
  reload(): Promise<void>;
  /** Prevents further reloads; resolves when a running one has ended. */
  stop(): Promise<void>;
}

interface RulesOptions {
  readonly config: Config;
  readonly configPath: string | undefined;
  readonly geo: Geo;
  readonly state: State;
  readonly routing: Routing;
  readonly counters: ReadableCounters;
  readonly log: Log;
  /** Reads the configuration file again. Throws UserError. */
  readonly readConfig: () => Config;
  readonly rendererOf: (rules: readonly Rule[]) => Render;
}

/** Names of rules that are kept; when there are more, those that are not in force are forgotten. */
const NAMES_MAX = 20_000;
const FORGOTTEN = 'a rule that is not in force';

/**
 * Loads the rules of the configuration and puts them in force; throws UserError where it cannot. A later `reload` that fails
 * changes nothing: everything that is wrong goes to the log, and the failure is counted. A reload takes only `rules` from the
 * configuration; for other changes the log asks for a restart.
 */
export async function rulesInForce(options: RulesOptions): Promise<RulesInForce> {
  const { config, geo, counters, log, state, routing, rendererOf } = options;
  let rules = config.rules;
  // Before the files are read, so that no later change is missed.
  const changed = fileWatch(() => [
    ...(options.configPath === undefined ? [] : [options.configPath]),
    ...rulePaths(rules.files),
    ...Object.values(rules.lists).flatMap((list) => listFile(list) ?? []),
  ]);
  // In turns, since the geo database is opened at the same time.
  let current = await inTurns(loadingDetector(config, geo, keepsValid(config)));
  const logFindings = () => {
    reportLeftOut(current.ruleSet.leftOut, counters, log);
    for (const { where, message } of current.warnings) log.warn(`${where}  ${message}`);
    for (const line of routing.use(current.ruleSet)) log.warn(line);
  };
  logFindings();
  let names = ruleNames(current.ruleSet.documents);
  const use = ({ rules, ruleSet }: Loaded): Promise<void> => {
    const own = ruleNames(ruleSet.documents);
    names = names.size + own.size > NAMES_MAX ? own : new Map([...names, ...own]);
    // Before its first detection.
    routing.use(ruleSet);
    return state.use(rules, rendererOf(rules));
  };
  await use(current);

  let restartLogged = false;
  const load = async (): Promise<Loaded | undefined> => {
    try {
      const next = options.readConfig();
      // Even if the new rules are broken: the files to watch are those where somebody will correct them.
      rules = next.rules;
      const placed = next.place === undefined ? {} : { place: next.place };
      if (!restartLogged && !isDeepStrictEqual(withoutRules(next), withoutRules(config))) {
        restartLogged = true;
        log.warn('the configuration has changed outside of rules: these changes take effect after a restart');
      }
      return await inTurns(loadingDetector({ ...config, ...placed, rules }, geo, keepsValid(next)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      counters.add('reloads', 1, 'failed');
      log.error('the rules were not reloaded; the old rules stay in force', { problems: error.lines.length });
      for (const line of error.lines) log.error(line);
      return undefined;
    }
  };
  const replace = async (): Promise<void> => {
    const next = await load();
    if (next === undefined) return;
    if (next.hash === current.hash && isDeepStrictEqual(next.ruleSet.leftOut, current.ruleSet.leftOut)) {
      counters.add('reloads', 1, 'unchanged');
      log.info('the rules were read again and have not changed');
      return;
    }
    const before = current;
    const changes = await inTurns(inOneStep(() => ruleChanges(before.rules, next.rules)));
    for (const [base, at] of before.detector.lastMatch) next.detector.lastMatch.set(base, at);
    // Both in one turn: a request meets the old set with the old windows, or the new set with the new windows.
    const used = use(next);
    current = next;
    await used.catch((error) => {
      current = before;
      throw error;
    });
    counters.add('reloads', 1, 'replaced');
    log.info(`the rules were reloaded: ${changes}`, { hash: next.hash });
    logFindings();
  };
  const logBug = ({ stack }: Error): void => {
    counters.add('reloads', 1, 'failed');
    log.error(
      'the rules were not reloaded because of a bug in Sidewatch, please report it; the old rules stay in force',
      { stack },
    );
  };
  const reloading = oneAtATime(() => replace().catch(logBug));

  return {
    get loaded() {
      return current;
    },
    detector: () => current.detector,
    ruleName: (id) => names.get(id) ?? FORGOTTEN,
    changed,
    reload: reloading.run,
    stop: reloading.stop,
  };
}

const keepsValid = ({ rules }: Config): boolean => rules.on_error === 'keep_valid';

const withoutRules = ({ rules: _, place: __, ...others }: Config) => others;

function listFile(list: unknown): string | undefined {
  const file = (list as { readonly file?: unknown } | null)?.file;
  return typeof file === 'string' ? file : undefined;
}
