import { plainText } from '../../lib/text.ts';
import { formatTime } from '../../lib/time.ts';
import type { Detection } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { techniqueName, techniques } from '../../risk/attack.ts';

/** One line a detection, with the final figures where its summary gives them. */
export function table(events: readonly RiskEvent[], rules: readonly Rule[]): string {
  const summaries = new Map(events.map(({ detection }) => [detection.of, detection]));
  const rows = new Map<string, readonly string[]>();
  for (const event of events) {
    const { detection } = event;
    if (detection.kind !== 'risk' || rows.has(detection.id)) continue;
    const rule = rules.find(({ id }) => id === detection.rule)!;
    const figures = final(detection, summaries.get(detection.id));
    rows.set(detection.id, [
      rule.title,
      event.score === undefined ? '' : String(event.score),
      `${figures.count}${figures.exact ? '' : '+'}`,
      who(event),
      short(formatTime(figures.seen[0])),
      short(formatTime(figures.seen[1])),
      techniques(rule.tags)
        .map((id) => `${id} ${techniqueName(id)}`)
        .join(', '),
    ]);
  }
  return columns([
    ['RULE', 'SCORE', 'COUNT', 'WHO', 'FIRST SEEN', 'LAST SEEN', 'TECHNIQUE'],
    ...rows.values(),
  ]);
}

/** A span may reach back into the bucket before, so a summary can count less than what fired. */
function final(
  fired: Detection,
  summary: Detection | undefined,
): Pick<Detection, 'count' | 'exact' | 'seen'> {
  if (!summary) return fired;
  return {
    count: Math.max(fired.count, summary.count),
    exact: summary.exact,
    seen: [
      Math.min(fired.seen[0], summary.seen[0]) as Detection['seen'][0],
      Math.max(fired.seen[1], summary.seen[1]) as Detection['seen'][1],
    ],
  };
}

/** The group; of a rule without one, who asked from where. */
function who({ detection, attributes }: RiskEvent): string {
  const held = (values: readonly unknown[]) =>
    values.filter((value) => typeof value === 'string' && value !== '').map(String);
  const group = held(Object.values(detection.group));
  const named = group.length > 0 ? group : held([attributes['user.name'], attributes['client.address']]);
  const place = held([attributes['client.geo.locality.name'], attributes['client.geo.country.name']]).filter(
    (part) => !named.includes(part),
  );
  return plainText([...named, ...(place.length > 0 ? [`(${place.join(', ')})`] : [])].join(' '));
}

const short = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 19)}`;

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
