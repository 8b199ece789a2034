import { nearest } from '../lib/nearest.ts';
import { parseCorrelation } from './correlation.ts';
import { parseDetection } from './detection.ts';
import type { Block, Placed, SigmaDocument } from './document.ts';
import { EXTENSION, type Extension } from './extension.ts';
import { type Head, parseHead } from './head.ts';
import { parseAttributes, parseLogsource } from './logsource.ts';
import type { Report } from './report.ts';
import { check, hint, names } from './shapes.ts';

const KINDS = {
  detection: parseRule,
  correlation: parseCorrelationRule,
  filter: parseFilter,
} as const;

/** The key that says what a document is. */
export const KIND_KEYS = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];

/** undefined after everything wrong with the document was reported. */
export function parseDocument(block: Block, placed: Placed): SigmaDocument | undefined {
  const { report } = placed;
  if (block['action'] !== undefined) return report.unsupported(['action'], 'action (multi-document rules)');
  const keys = KIND_KEYS.filter((key) => Object.hasOwn(block, key));
  const [key] = keys;
  if (key === undefined) {
    const meant = Object.keys(block).find((known) => nearest(known, KIND_KEYS) !== undefined);
    return report.problem(
      meant === undefined ? [] : [meant],
      meant === undefined
        ? `wants one of ${KIND_KEYS.join(', ')}, has none of them`
        : `is not a key here${hint(meant, KIND_KEYS)}`,
    );
  }
  if (keys.length > 1)
    return report.problem([], `wants one of ${KIND_KEYS.join(', ')}, has ${keys.join(' and ')}`);
  return KINDS[key](block, parseHead(block, report), placed);
}

function parseRule(block: Block, head: Head | undefined, placed: Placed): SigmaDocument | undefined {
  const { report } = placed;
  const logsource = parseLogsource(block['logsource'], ['logsource'], report);
  const detection = parseDetection(block['detection'], ['detection'], report);
  const extension = parseExtension(block, report);
  if (!head || !logsource || !detection || extension === 'broken') return undefined;
  return { ...placed, kind: 'base', head, logsource, detection, extension };
}

function parseCorrelationRule(
  block: Block,
  head: Head | undefined,
  placed: Placed,
): SigmaDocument | undefined {
  const { report } = placed;
  const correlation = parseCorrelation(block['correlation'], ['correlation'], report);
  const extension = parseExtension(block, report);
  if (!head || !correlation || extension === 'broken') return undefined;
  // The schema has `generate` at the top, pySigma in the block.
  const generate = correlation.generate || block['generate'] === true;
  return { ...placed, kind: 'correlation', head, correlation: { ...correlation, generate }, extension };
}

function parseFilter(block: Block, head: Head | undefined, placed: Placed): SigmaDocument | undefined {
  const { report } = placed;
  const logsource = parseAttributes(block['logsource'], ['logsource'], report);
  const detection = parseDetection(block['filter'], ['filter'], report, ['rules']);
  const rules = parseFilterRules((block['filter'] as Block | null)?.['rules'], report);
  if (block['sidewatch'] !== undefined) report.problem(['sidewatch'], 'has no meaning in a filter');
  if (!head || !logsource || !detection || !rules || block['sidewatch'] !== undefined) return undefined;
  if (!detection.negates) {
    const meaning = 'the filter only lets through what it describes; most filters want not';
    report.warn(['filter', 'condition'], meaning);
  }
  return { ...placed, kind: 'filter', head, logsource, detection, rules };
}

function parseFilterRules(value: unknown, report: Report): readonly string[] | 'any' | undefined {
  if (value === 'any') return 'any';
  const rules = check(names, value, ['filter', 'rules'], report);
  return rules?.length === 0 ? 'any' : rules;
}

function parseExtension(block: Block, report: Report): Extension | undefined | 'broken' {
  if (block['sidewatch'] === undefined) return undefined;
  return check(EXTENSION, block['sidewatch'], ['sidewatch'], report) ?? 'broken';
}
