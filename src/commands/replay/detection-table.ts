import { formatTime } from '../../lib/time-format.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { actorText, type Finding, Findings } from '../../report/findings.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import { columns } from '../output/columns.ts';

/** Columns of a terminal for one cell: clients choose the length of user names and agents. */
const CELL_MAX = 60;

const HEAD = ['RULE', 'SCORE', 'COUNT', 'WHO', 'FIRST SEEN', 'LAST SEEN', 'TECHNIQUE'];

/** Detections as a table for people. */
export class DetectionTable {
  readonly #findings: Findings;

  constructor(rules: readonly Rule[]) {
    this.#findings = new Findings(rules);
  }

  add(event: RiskEvent): void {
    this.#findings.add(event);
  }

  /** By first seen, then by score; '' without detections. */
  text(): string {
    const rows = this.#findings
      .list()
      .toSorted((a, b) => a.seen[0] - b.seen[0] || (b.score ?? 0) - (a.score ?? 0));
    return rows.length === 0 ? '' : columns([HEAD, ...rows.map(cells)], CELL_MAX);
  }
}

function cells(finding: Finding): readonly string[] {
  const { rule, score, who, seen, fallback } = finding;
  const mark = fallback ? '~' : '';
  return [
    rule.title,
    String(score ?? ''),
    `${finding.count}${finding.exact ? '' : '+'}`,
    actorText(who),
    mark + short(seen[0]),
    mark + short(seen[1]),
    named(techniques(rule.tags)),
  ];
}

/** Techniques by id and name, or by id alone where the name is not known. */
const named = (ids: readonly string[]): string =>
  ids.map((id) => [...new Set([id, techniqueName(id)])].join(' ')).join(', ');

const short = (time: Micros) => {
  const text = formatTime(time);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
};
