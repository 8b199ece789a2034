import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { wallClock } from '../../ops/clock.ts';
import { EvidentFindings, type FindingsOptions } from '../../report/findings.ts';
import { reportHtml, SCORE_LINES } from '../../report/html/report-html.ts';
import { overviewOf, type Reading } from '../../report/overview.ts';
import { ScoreHistory } from '../../report/score-history.ts';
import { version } from '../../setup/version.ts';

export interface HtmlOutputOptions extends FindingsOptions {
  /** Times in the zone of the browser, in place of UTC. */
  readonly local?: boolean;
}

/** Detections as a page for people, printed at the end. */
export function htmlOutput(rules: readonly Rule[], options: HtmlOutputOptions) {
  const findings = new EvidentFindings(rules, options);
  const scores = new ScoreHistory();
  return {
    final: true,
    add(event: RiskEvent): string {
      findings.add(event);
      scores.add(event);
      return '';
    },
    end(reading: Reading): string {
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
  };
}
