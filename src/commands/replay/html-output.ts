import type { Rule } from '../../model/rule.ts';
import { wallClock } from '../../ops/clock.ts';
import { EvidentFindings, type FindingsOptions } from '../../report/findings.ts';
import { reportHtml, SCORE_LINES } from '../../report/html/report-html.ts';
import { overviewOf } from '../../report/overview.ts';
import { ScoreHistory } from '../../report/score-history.ts';
import { version } from '../../setup/version.ts';
import { printedAtEnd, type ReplayOutput } from './printed-at-end.ts';

export interface HtmlOutputOptions extends FindingsOptions {
  /** Times in the zone of the browser, in place of UTC. */
  readonly local?: boolean;
}

/** Detections as a page for people, printed at the end. */
export function htmlOutput(rules: readonly Rule[], options: HtmlOutputOptions): ReplayOutput {
  const findings = new EvidentFindings(rules, options);
  const scores = new ScoreHistory();
  return printedAtEnd(
    (event) => {
      findings.add(event);
      scores.add(event);
    },
    (reading) => {
      const list = findings.list();
      return reportHtml({
        overview: overviewOf(list, findings.tally, reading),
        findings: list,
        scores: scores.highest(SCORE_LINES),
        local: options.local ?? false,
        made: wallClock(),
        version: version(),
      });
    },
  );
}
