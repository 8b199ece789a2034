import type { z } from 'zod';
import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { LEVELS } from '../../model/rule.ts';
import { closedMap, flag, number, oneOf, text, textOrTexts, wholeNumber } from '../../schema/shapes.ts';
import { timespan } from '../../schema/time-shapes.ts';
import { EXTENSION } from '../document/extension.ts';
import { checkValue } from '../source/check-value.ts';
import type { ProfileFile } from '../source/files.ts';
import type { FindingReport, RuleFindings } from '../source/rule-findings.ts';

const SELECTORS = ['rule', 'tag', 'pack'] as const;

/** As a rule has them in its own file. */
const RISK = EXTENSION.shape.risk.unwrap().shape;

const oneOrMany = textOrTexts('a name, or a list of names', 1);

const SETTINGS = {
  enabled: flag().optional(),
  level: oneOf(LEVELS).optional(),
  score: wholeNumber(0).optional(),
  message: text().optional(),
  objects: RISK.objects.unwrap().optional(),
  threats: RISK.threats.unwrap().optional(),
  threshold: number().optional(),
  timespan: timespan().optional(),
  quiet: timespan().optional(),
  offset: timespan().optional(),
  lateness: timespan().optional(),
  time: oneOf(['event', 'record']).optional(),
  group: EXTENSION.shape.group,
} as const;

const SHAPE = closedMap({
  rule: oneOrMany.optional(),
  tag: oneOrMany.optional(),
  pack: oneOrMany.optional(),
  ...SETTINGS,
});

type Shape = z.output<typeof SHAPE>;
export type OverrideSettings = Omit<Pick<Shape, keyof typeof SETTINGS>, 'group'> & {
  /** Only the keys that the override has. */
  readonly group?: Partial<NonNullable<Shape['group']>>;
};

/** Settings that a user, or a profile, sets for rules without editing the rule files. */
export interface Override {
  /** Where it is, for people: `rules.overrides[2]`, or the profile. */
  readonly from: string;
  readonly by: (typeof SELECTORS)[number];
  /** Ids or names of rules, or tags, or packs. */
  readonly names: readonly string[];
  readonly settings: OverrideSettings;
  /** Paths begin at the override. */
  readonly report: FindingReport;
}

/** The overrides in `rules.overrides`, in order. One with a fault is reported and left out. */
export function userOverrides(given: readonly unknown[], findings: RuleFindings): readonly Override[] {
  return given.flatMap((value, i) => {
    const from = `rules.overrides[${i}]`;
    return parseOverride(value, from, findings.reportSetting(['rules', 'overrides', i])) ?? [];
  });
}

/** The overrides in the file of a profile, which is a list. */
export function profileOverrides(file: ProfileFile, findings: RuleFindings): readonly Override[] {
  const [document] = findings.readYaml(file);
  if (document === undefined) return [];
  const reportAt = (base: YamlPath) =>
    findings.report((path) => `${file.path}:${document.line([...base, ...path])}`);
  if (!Array.isArray(document.value))
    return reportAt([]).problem([], `wants a list of overrides, has ${shownValue(document.value)}`) ?? [];
  return document.value.flatMap(
    (value: unknown, i) => parseOverride(value, `the profile ${file.name}`, reportAt([i])) ?? [],
  );
}

function parseOverride(value: unknown, from: string, report: FindingReport): Override | undefined {
  const shape = checkValue(SHAPE, value, [], report);
  if (shape === undefined) return undefined;
  const given = SELECTORS.filter((key) => shape[key] !== undefined);
  const [by] = given;
  if (by === undefined || given.length > 1)
    return report.problem(
      [],
      `wants one of ${SELECTORS.join(', ')}, has ${given.join(' and ') || 'none of them'}`,
    );
  const { rule, tag, pack, group, ...others } = shape;
  if (group === undefined && Object.keys(others).length === 0)
    return report.problem([], `changes nothing; wants one of ${Object.keys(SETTINGS).join(', ')}`);
  const names = (rule ?? tag ?? pack)!;
  return {
    from,
    by,
    names,
    settings: group === undefined ? others : { ...others, group: writtenKeys(value, group) },
    report,
  };
}

/** The keys of a group block that the override has, without defaults. */
function writtenKeys<Group extends object>(value: unknown, group: Group): Partial<Group> {
  const written = (value as { readonly group: object }).group;
  return Object.fromEntries(
    Object.entries(group).filter(([key]) => Object.hasOwn(written, key)),
  ) as Partial<Group>;
}
