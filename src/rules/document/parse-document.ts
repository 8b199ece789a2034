import { didYouMean, nearest } from '../../lib/nearest.ts';
import { flag, textOrTexts } from '../../schema/shapes.ts';
import { parseDetection, type SigmaDetection } from '../detection/detection.ts';
import { checkValue } from '../source/check-value.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type { YamlMap } from '../source/yaml-map.ts';
import { parseCorrelation } from './correlation.ts';
import type { DocumentContext, SigmaDocument } from './document.ts';
import { EXTENSION, type Extension } from './extension.ts';
import { mapFields } from './field-mapping.ts';
import { type Head, parseHead } from './head.ts';
import { lintValues } from './lints.ts';
import { foreignReason, isNearMiss, type Logsource, parseAttributes } from './logsource.ts';
import { DEFAULT_LEVEL } from './rule-settings.ts';

const KINDS = {
  detection: parseRule,
  correlation: parseCorrelationRule,
  filter: parseFilter,
} as const;

/** The key that says what a document is. */
export const KIND_KEYS = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];

/** undefined after everything wrong with the document was reported. */
export function parseDocument(block: YamlMap, placed: DocumentContext): SigmaDocument | undefined {
  const { report } = placed;
  const keys = KIND_KEYS.filter((key) => Object.hasOwn(block, key));
  const [key] = keys;
  if (key === undefined) {
    const meant = Object.keys(block).find((known) => nearest(known, KIND_KEYS) !== undefined);
    return report.problem(
      meant === undefined ? [] : [meant],
      meant === undefined
        ? `wants one of ${KIND_KEYS.join(', ')}, has none of them`
        : `is not a key here${didYouMean(meant, KIND_KEYS)}`,
    );
  }
  if (keys.length > 1)
    return report.problem([], `wants one of ${KIND_KEYS.join(', ')}, has ${keys.join(' and ')}`);
  return KINDS[key](block, parseHead(block, report), placed);
}

function parseRule(
  block: YamlMap,
  head: Head | undefined,
  placed: DocumentContext,
): SigmaDocument | undefined {
  const { report } = placed;
  const logsource = parseAttributes(block['logsource'], ['logsource'], report);
  const why = logsource && foreignReason(logsource);
  if (logsource !== undefined && why !== undefined) return foreignRule(block, head, logsource, why, placed);
  const detection = parseFields(block, 'detection', placed);
  const extension = parseExtension(block, report);
  if (!head || !logsource || !detection || extension === 'broken') return undefined;
  lintLevel(head, report);
  return { ...placed, kind: 'base', head, logsource, detection, extension };
}

/** A folder may hold rules about other logs: a problem in such a rule is only a lint, so that the other rules still load. */
function foreignRule(
  block: YamlMap,
  head: Head | undefined,
  logsource: Logsource,
  why: string,
  placed: DocumentContext,
): SigmaDocument | undefined {
  const { report } = placed;
  const lenient: FindingReport = {
    ...report,
    problem: (path, message) => void report.lint(path, message),
    warn: report.lint,
  };
  if (isNearMiss(logsource)) report.warn(['logsource'], why);
  else report.lint(['logsource'], why);
  const detection = parseDetection(block['detection'], ['detection'], { ...placed, report: lenient });
  if (!head) return undefined;
  return {
    ...placed,
    kind: 'base',
    head,
    logsource,
    foreign: why,
    detection: detection ?? NO_DETECTION,
    extension: undefined,
  };
}

const NO_DETECTION: SigmaDetection = {
  selections: new Map(),
  conditions: [],
  expression: { kind: 'any', of: [] },
  negates: false,
};

function parseCorrelationRule(
  block: YamlMap,
  head: Head | undefined,
  placed: DocumentContext,
): SigmaDocument | undefined {
  const { report } = placed;
  const correlation = parseCorrelation(block['correlation'], ['correlation'], report);
  const extension = parseExtension(block, report);
  // Sigma's schema has `generate` at the top level, pySigma has it in the block.
  const top = checkValue(flag().default(false), block['generate'], ['generate'], report);
  if (!head || !correlation || extension === 'broken' || top === undefined) return undefined;
  lintLevel(head, report);
  const generate = correlation.generate || top;
  return { ...placed, kind: 'correlation', head, correlation: { ...correlation, generate }, extension };
}

function parseFilter(
  block: YamlMap,
  head: Head | undefined,
  placed: DocumentContext,
): SigmaDocument | undefined {
  const { report } = placed;
  const logsource = parseAttributes(block['logsource'], ['logsource'], report);
  const detection = parseFields(block, 'filter', placed, ['rules']);
  const rules = parseFilterRules((block['filter'] as YamlMap | null)?.['rules'], report);
  if (block['sidewatch'] !== undefined) report.problem(['sidewatch'], 'cannot be set in a filter');
  if (!head || !logsource || !detection || !rules || block['sidewatch'] !== undefined) return undefined;
  if (!detection.negates) {
    const meaning = 'the filter lets only matching events through; most filters need "not"';
    report.warn(['filter', 'condition'], meaning);
  }
  return { ...placed, kind: 'filter', head, logsource, detection, rules };
}

function parseFields(
  block: YamlMap,
  key: 'detection' | 'filter',
  placed: DocumentContext,
  besides: readonly string[] = [],
): SigmaDetection | undefined {
  const detection = parseDetection(block[key], [key], placed, besides);
  if (detection === undefined) return undefined;
  lintValues(block[key], [key], placed.report);
  return mapFields(detection, block[key], [key], placed.report);
}

function lintLevel({ level }: Head, report: FindingReport): void {
  if (level === undefined) report.lint([], `has no level; ${DEFAULT_LEVEL} is taken`);
}

const FILTERED = textOrTexts('ids or names of rules, or any');

function parseFilterRules(value: unknown, report: FindingReport): readonly string[] | 'any' | undefined {
  if (typeof value === 'string' && value.toLowerCase() === 'any') return 'any';
  const rules = checkValue(FILTERED, value, ['filter', 'rules'], report);
  return rules?.length === 0 ? 'any' : rules;
}

function parseExtension(block: YamlMap, report: FindingReport): Extension | undefined | 'broken' {
  if (block['sidewatch'] === undefined) return undefined;
  return checkValue(EXTENSION, block['sidewatch'], ['sidewatch'], report) ?? 'broken';
}
