import { jsonLines } from '../../formats/json-lines.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { Findings } from '../../report/findings.ts';
import { findingsCsv } from '../../report/findings-csv.ts';
import { overviewOf, type Reading } from '../../report/overview.ts';
import { findingsTable } from '../../report/terminal/findings-table.ts';
import { overviewText } from '../../report/terminal/overview-text.ts';
import { type ScreenOptions, type ScreenStream, screenOf, zoneOf } from '../output/screen.ts';
import { htmlOutput } from './html-output.ts';

export interface ReplayOutputOptions extends ScreenOptions {
  readonly output: 'table' | 'json' | 'csv' | 'html';
  /** One row for each detection. */
  readonly all?: boolean;
  /** Times in the local zone, in place of UTC. */
  readonly local?: boolean;
}

/** How what was found is printed. */
export interface ReplayOutput {
  /** Whether it shows the figures of summaries, so that every rule needs one. */
  readonly final: boolean;
  /** What to print at once for a risk event. */
  add(event: RiskEvent): string;
  /** What to print after all of them. */
  end(reading: Reading): string;
}

type Outputs = Record<
  ReplayOutputOptions['output'],
  (rules: readonly Rule[], options: ReplayOutputOptions, out: ScreenStream) => ReplayOutput
>;

const OUTPUTS: Outputs = {
  table(rules, options, out) {
    const findings = new Findings(rules, options);
    return {
      final: true,
      add(event) {
        findings.add(event);
        return '';
      },
      end(reading) {
        const list = findings.list();
        if (list.length === 0) return '';
        const look = { ...screenOf(out, options), zone: zoneOf(options) };
        const overview = overviewOf(list, findings.tally, reading);
        return `${overviewText(overview, findings.tally, look)}\n${findingsTable(list, look)}`;
      },
    };
  },
  json: () => ({ final: false, add: (event) => jsonLines([event]), end: () => '' }),
  csv(rules, options) {
    const findings = new Findings(rules, options);
    return {
      final: true,
      add(event) {
        findings.add(event);
        return '';
      },
      end: () => findingsCsv(findings.list()),
    };
  },
  html: htmlOutput,
};

/** `rules`: those that may fire. */
export const replayOutput = (
  rules: readonly Rule[],
  options: ReplayOutputOptions,
  out: ScreenStream,
): ReplayOutput => OUTPUTS[options.output](rules, options, out);
