import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { wallClock } from '../../ops/clock.ts';
import { EvidentFindings } from '../../report/findings.ts';
import { type ReportData, reportHtml, SCORE_LINES } from '../../report/html/report-html.ts';
import { ScoreHistory } from '../../report/score-history.ts';
import { version } from '../../setup/version.ts';

/** Detections as a page for people. */
export class HtmlReport {
  readonly #findings: EvidentFindings;
  readonly #scores = new ScoreHistory();

  constructor(rules: readonly Rule[]) {
    this.#findings = new EvidentFindings(rules);
  }

  add(event: RiskEvent): void {
    this.#findings.add(event);
    this.#scores.add(event);
  }

  text(read: Pick<ReportData, 'events' | 'files' | 'notes'>): string {
    const scores = this.#scores.highest(SCORE_LINES);
    return reportHtml({
      ...read,
      findings: this.#findings.list(),
      scores,
      made: wallClock(),
      version: version(),
    });
  }
}
