import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import type { Geo } from '../enrich/place.ts';
import { seconds } from '../lib/time-format.ts';
import type { Rule } from '../model/rule.ts';
import type { State } from '../model/state.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import { fileWatch } from '../ops/file-watch.ts';
import { inTurns } from '../ops/in-turns.ts';
import type { Log } from '../ops/own-log.ts';
import type { Detector } from '../pipeline.ts';
import { renderer } from '../risk/render.ts';
import { rulePaths } from '../rules/source/files.ts';
import { type Loaded, loadingDetector } from '../setup/detector.ts';
import { UserError } from '../setup/user-error.ts';

/** How often a change is looked for that nobody told of. */
export const LOOK_EVERY = seconds(2);

/** The rule set that `serve` runs, and how it is changed for another while requests come in. */
export interface RulesInForce {
  readonly loaded: Loaded;
  detector(): Detector;
  /** Whether the files that it comes from (configuration, rules, lists) have changed; see `fileWatch`. */
  changed(): boolean;
  /**
   * Reads configuration and rules again, in turns with the requests. Resolves when the new set, or still the old one, is in
   * force; never rejects. Asked again meanwhile, it reads once more, however often that was.
   */
  reload(): Promise<void>;
  /** Nothing is reloaded any more; resolves when a reload under way has ended. */
  stop(): Promise<void>;
}

interface Parts {
  readonly config: Config;
  readonly configPath: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly geo: Geo;
  readonly state: State;
  readonly counters: ReadableCounters;
  readonly log: Log;
  /** Reads the configuration file again. Throws UserError. */
  readonly readConfig: () => Config;
}

/**
 * Loads and puts in force what the configuration says; throws UserError where it cannot. A later `reload` that fails keeps
 * what is in force: everything that is wrong goes to the log, and is counted. Of the configuration only `rules` is taken
 * anew; for the rest the log says that it wants a restart.
 */
export async function rulesInForce(parts: Parts): Promise<RulesInForce> {
  const { config, geo, counters, log, state, resource } = parts;
  let rules = config.rules;
  // Before they are read, so that no change goes unseen.
  const changed = fileWatch(() => [
    ...(parts.configPath === undefined ? [] : [parts.configPath]),
    ...rulePaths(rules.files),
    ...Object.values(rules.lists).flatMap((list) => listFile(list) ?? []),
  ]);
  // In turns, since the geo database is read meanwhile.
  let current = await inTurns(loadingDetector(config, geo));
  const warn = () => {
    for (const { where, message } of current.warnings) log.warn(`${where}  ${message}`);
  };
  warn();
  await state.use(current.rules, renderer(current.rules, resource, counters));

  let restartTold = false;
  const load = async (): Promise<Loaded | undefined> => {
    try {
      const next = parts.readConfig();
      // Also where they turn out to be broken: whoever mends them mends these files.
      rules = next.rules;
      const placed = next.place === undefined ? {} : { place: next.place };
      if (!restartTold && !isDeepStrictEqual(outsideOfRules(next), outsideOfRules(config))) {
        restartTold = true;
        log.warn('the configuration has changed outside of rules: that takes effect after a restart');
      }
      return await inTurns(loadingDetector({ ...config, ...placed, rules }, geo));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      counters.add('reloads', 1, 'failed');
      log.error('the rules were not reloaded; those in force stay', { problems: error.lines.length });
      for (const line of error.lines) log.error(line);
      return undefined;
    }
  };
  const replace = async (): Promise<void> => {
    const next = await load();
    if (next === undefined) return;
    if (next.hash === current.hash) {
      counters.add('reloads', 1, 'unchanged');
      log.info('the rules were read again and are the same');
      return;
    }
    const before = current;
    const what = difference(before, next);
    for (const [base, at] of before.detector.lastMatch) next.detector.lastMatch.set(base, at);
    // Both in one turn: a request meets the old set with the old windows, or the new with the new.
    const used = state.use(next.rules, renderer(next.rules, resource, counters));
    current = next;
    await used.catch((error) => {
      current = before;
      throw error;
    });
    counters.add('reloads', 1, 'replaced');
    log.info(`the rules were reloaded: ${what}`, { hash: next.hash });
    warn();
  };
  const fault = ({ stack }: Error): void => {
    counters.add('reloads', 1, 'failed');
    log.error(
      'the rules were not reloaded through a fault of Sidewatch, please report it; those in force stay',
      { stack },
    );
  };
  let underWay: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const replaceAgain = async (): Promise<void> => {
    try {
      do {
        again = false;
        await replace().catch(fault);
      } while (again && !stopped);
    } finally {
      underWay = undefined;
    }
  };

  return {
    get loaded() {
      return current;
    },
    detector: () => current.detector,
    changed,
    reload() {
      if (stopped) return Promise.resolve();
      if (underWay === undefined) underWay = replaceAgain();
      else again = true;
      return underWay;
    },
    async stop() {
      stopped = true;
      await underWay;
    },
  };
}

const outsideOfRules = ({ rules: _, place: __, ...others }: Config) => others;

function listFile(list: unknown): string | undefined {
  const file = (list as { readonly file?: unknown } | null)?.file;
  return typeof file === 'string' ? file : undefined;
}

/** `12 rules; new: A; gone: B; changed, their windows begin anew: C; told anew: D`. */
function difference(before: Loaded, after: Loaded): string {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]));
  const fresh = new Set(after.rules.map(({ id }) => id));
  const same = (rule: Rule) => rule.fingerprint === old.get(rule.id)?.fingerprint;
  const groups: readonly (readonly [string, readonly Rule[]])[] = [
    ['new', after.rules.filter(({ id }) => !old.has(id))],
    ['gone', before.rules.filter(({ id }) => !fresh.has(id))],
    ['changed, their windows begin anew', after.rules.filter((rule) => old.has(rule.id) && !same(rule))],
    // Title, level, score, message: what does not decide what a window holds.
    [
      'told anew',
      after.rules.filter((rule) => same(rule) && !isDeepStrictEqual(told(rule), told(old.get(rule.id)!))),
    ],
  ];
  return [
    `${after.rules.length} ${after.rules.length === 1 ? 'rule' : 'rules'}`,
    ...groups.flatMap(([what, rules]) =>
      rules.length === 0 ? [] : [`${what}: ${rules.map(({ title }) => title).join(', ')}`],
    ),
  ].join('; ');
}

const told = ({ source: _, keep: __, ...rule }: Rule) => rule;
