import { jsonLines } from '../../formats/json-lines.ts';
import type { Rule } from '../../model/rule.ts';
import { Findings } from '../../report/findings.ts';
import { findingsCsv } from '../../report/findings-csv.ts';
import { overviewOf } from '../../report/overview.ts';
import { findingsTable } from '../../report/terminal/findings-table.ts';
import { overviewText } from '../../report/terminal/overview-text.ts';
import { type ScreenOptions, type ScreenStream, screenOf, zoneOf } from '../output/screen.ts';
import { htmlOutput } from './html-output.ts';
import { printedAtEnd, type ReplayOutput } from './printed-at-end.ts';

export interface ReplayOutputOptions extends ScreenOptions {
  readonly output: 'table' | 'json' | 'csv' | 'html';
  /** One row for each detection. */
  readonly all?: boolean;
  /** Times in the local zone, in place of UTC. */
  readonly local?: boolean;
}

type Outputs = Record<
  ReplayOutputOptions['output'],
  (rules: readonly Rule[], options: ReplayOutputOptions, out: ScreenStream) => ReplayOutput
>;

const OUTPUTS: Outputs = {
  table(rules, options, out) {
    const findings = new Findings(rules, options);
    return printedAtEnd(
      (event) => findings.add(event),
      (reading) => {
        const list = findings.list();
        if (list.length === 0) return '';
        const look = { ...screenOf(out, options), zone: zoneOf(options) };
        const overview = overviewOf(list, findings.tally, reading);
        return `${overviewText(overview, findings.tally, look)}\n${findingsTable(list, look)}`;
      },
    );
  },
  json: () => ({ final: false, add: (event) => jsonLines([event]), end: () => '' }),
  csv(rules, options) {
    const findings = new Findings(rules, options);
    return printedAtEnd(
      (event) => findings.add(event),
      () => findingsCsv(findings.list()),
    );
  },
  html: htmlOutput,
};

/** `rules`: those that may fire. */
export const replayOutput = (
  rules: readonly Rule[],
  options: ReplayOutputOptions,
  out: ScreenStream,
): ReplayOutput => OUTPUTS[options.output](rules, options, out);
