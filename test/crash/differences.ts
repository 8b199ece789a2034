import type { Expected } from './model.ts';
import type { Arrived } from './sink.ts';

/** Lines of one kind that are shown. */
const SHOWN = 10;

/** What is wrong with what arrived, one line each. */
export function differences(arrived: ReadonlyMap<string, Arrived>, expected: Expected): readonly string[] {
  const { least, most, rules } = expected;
  const titles = new Map(rules.map(({ id, title }) => [id, title]));
  const missing: string[] = [];
  const unknown: string[] = [];
  const wrong: string[] = [];
  for (const [key, { detection }] of least)
    if (!arrived.has(key))
      missing.push(`missing: ${key} of ${titles.get(detection.rule)}, ${JSON.stringify(detection)}`);
  for (const [key, { rule, count, exact, contents, uids }] of arrived) {
    if (!most.has(key)) {
      unknown.push(`unknown: ${key} of ${rule}: ${[...contents].join('; ')}`);
      continue;
    }
    const least_ = least.get(key)?.detection.count ?? 0;
    const most_ = most.get(key)!.detection.count;
    if (exact && (count < least_ || count > most_))
      wrong.push(`wrong: ${key} of ${rule} counts ${count}, not ${least_} to ${most_}`);
    if (contents.size > 1)
      wrong.push(`fired twice: ${key} of ${rule}, ${uids.size} ids: ${[...contents].join('; ')}`);
  }
  return [missing, unknown, wrong].flatMap((lines) => [
    ...lines.slice(0, SHOWN),
    ...(lines.length > SHOWN ? [`... and ${lines.length - SHOWN} more`] : []),
  ]);
}
