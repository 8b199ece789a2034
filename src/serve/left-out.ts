import type { Counters } from '../model/counters.ts';
import type { Log } from '../ops/own-log.ts';
import type { Problem } from '../rules/assembly/load-rules.ts';
import { partOf } from '../rules/assembly/valid-rules.ts';

/** How many rules, filters, lists and files the problems are about. */
export const partsLeftOut = (leftOut: readonly Problem[]): number =>
  new Set(leftOut.map((problem) => partOf(problem) ?? problem.where)).size;

/** Logs and counts what was left out of a rule set because of errors. */
export function reportLeftOut(leftOut: readonly Problem[], counters: Counters, log: Log): void {
  if (leftOut.length === 0) return;
  const parts = partsLeftOut(leftOut);
  counters.add('rules_left_out', parts);
  log.error(
    `${parts} ${parts === 1 ? 'rule, filter, list or file was' : 'rules, filters, lists or files were'} left out because of errors (rules.on_error: keep_valid)`,
  );
  for (const { where, message } of leftOut) log.error(`${where}  left out: ${message}`);
}
