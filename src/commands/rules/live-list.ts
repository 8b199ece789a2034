import { jsonText } from '../../lib/json-text.ts';
import { formatTime } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';
import type { ReadableCounters } from '../../ops/counter-store.ts';
import type { Detector } from '../../pipeline.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { UserError } from '../../setup/user-error.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { list } from './list.ts';

/** Where `rules list --live` asks if nothing else is said. */
export const CONSOLE = 'http://localhost:55679';

/** What the rules in force have done since the start, beside what `rules list` tells of them. */
export function live(ruleSet: RuleSet, detector: Detector, counters: ReadableCounters) {
  const { hash, rules, off, filters } = list(ruleSet);
  const unseen = detector.unseen();
  const inputs = new Map(ruleSet.rules.map((rule) => [rule.id, rule.inputs]));
  return {
    hash,
    rules: rules.map((rule) => {
      const own = inputs.get(rule.id) ?? [];
      const sum = (name: 'matches' | 'matches_filtered') =>
        own.reduce((total, input) => total + counters.total(name, input), 0);
      const last = Math.max(...own.map((input) => detector.lastMatch.get(input) ?? 0));
      const blind = own.filter((input) => unseen.has(input));
      return {
        ...rule,
        /** Events that the rules it counts matched. */
        matched: sum('matches'),
        /** Those that a Sigma filter took out. */
        filtered: sum('matches_filtered'),
        fired: counters.total('detections', rule.id),
        /** Detections that a result filter dropped. */
        dropped: counters.total('detections_filtered', rule.id),
        last_match: last > 0 ? formatTime(last as Micros) : null,
        /**
         * Events that it could have matched, none of which had the body (requestObject, responseObject) that it reads:
         * the audit policy logs none. 0 once one had it.
         */
        without_body: blind.reduce((total, input) => total + unseen.get(input)!, 0),
      };
    }),
    off,
    filters,
  };
}

export type Live = ReturnType<typeof live>;

/** Prints what a running `serve` says of its rules. */
export async function rulesListLive(url: string, output: 'table' | 'json'): Promise<void> {
  const told = await ask(url);
  await printer(process.stdout)(output === 'json' ? `${jsonText(told, 2)}\n` : table(told));
}

async function ask(url: string): Promise<Live> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse('/rules', base)) throw new UserError([`${url} is no URL such as ${CONSOLE}`]);
  const at = new URL('/rules', base);
  try {
    const answer = await fetch(at);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const told = (await answer.json()) as Live;
    if (!Array.isArray(told.rules)) throw new Error('what answers there is no Sidewatch');
    return told;
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message || String(Object(cause).code) : message;
    throw new UserError([
      `${at.href}  no answer: ${why}; set telemetry.console.endpoint in the configuration of the running sidewatch, and name it here if it is another`,
    ]);
  }
}

function table({ rules, off, hash }: Live): string {
  const lines = rules.toSorted((a, b) => b.fired - a.fired || b.matched - a.matched);
  return [
    columns([
      ['RULE', 'MATCHED', 'FILTERED', 'FIRED', 'DROPPED', 'LAST MATCH', 'NOTE'],
      ...lines.map((rule) => [
        rule.name ?? rule.title,
        String(rule.matched),
        String(rule.filtered),
        rule.silent ? '-' : String(rule.fired),
        String(rule.dropped),
        rule.last_match ?? 'never',
        rule.without_body === 0
          ? ''
          : `blind: none of ${rule.without_body} events that it could match had a body; the audit policy logs none`,
      ]),
    ]),
    `${rules.length} rules in force, ${off.length} off; hash ${hash}\n`,
  ].join('\n');
}
