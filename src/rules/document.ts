import { nearest } from '../lib/nearest.ts';
import { readYaml, type YamlDocument } from '../lib/yaml.ts';
import { type Correlation, parseCorrelation } from './correlation.ts';
import { type Detection, parseDetection } from './detection.ts';
import { EXTENSION, type Extension } from './extension.ts';
import type { RuleFile } from './files.ts';
import { type Head, parseHead } from './head.ts';
import { type Logsource, parseAttributes, parseLogsource } from './logsource.ts';
import type { Findings, Report } from './report.ts';
import { check, names, show } from './shapes.ts';

interface Placed {
  readonly ruleset: string;
  /** file:line where the document begins. */
  readonly source: string;
  readonly report: Report;
}

/** A document whose own parts are good. What it says of others is checked when all are read. */
export type SigmaDocument = Placed & { readonly head: Head } & (
    | {
        readonly kind: 'base';
        readonly logsource: Logsource;
        readonly detection: Detection;
        readonly extension: Extension | undefined;
      }
    | {
        readonly kind: 'correlation';
        readonly correlation: Correlation;
        readonly extension: Extension | undefined;
      }
    | {
        readonly kind: 'filter';
        readonly logsource: Logsource;
        readonly detection: Detection;
        /** Ids or names of rules; all of them where the filter says `any`. */
        readonly rules: readonly string[] | 'any';
      }
  );

/** A document with something wrong in it. Its names are kept so that those who refer to it are not blamed too. */
export interface BrokenDocument {
  readonly kind: 'broken';
  readonly names: readonly string[];
}

const KINDS = { detection: 'base', correlation: 'correlation', filter: 'filter' } as const;
/** Top-level keys whose misspelling would pass for an author's own key. */
const WATCHED = [...Object.keys(KINDS), 'sidewatch', 'level'];
const KNOWN = new Set([
  ...WATCHED,
  ...['title', 'id', 'name', 'status', 'description', 'author', 'references', 'date', 'modified', 'tags'],
  ...['logsource', 'fields', 'falsepositives', 'related', 'license', 'taxonomy', 'scope', 'generate'],
]);

/** All documents of a file. What is wrong with them goes to `findings`. */
export function readDocuments(
  file: RuleFile,
  findings: Findings,
): readonly (SigmaDocument | BrokenDocument)[] {
  const { documents, errors } = readYaml(file.text);
  for (const { line, message } of errors)
    findings.problems.push({ where: `${file.path}:${line}`, message: `not YAML: ${message}` });
  return documents.map((document) => {
    const report = findings.report((path) => `${file.path}:${document.line(path)}`);
    const source = `${file.path}:${document.line([])}`;
    return readDocument(document, { ruleset: file.ruleset, source, report });
  });
}

function readDocument({ value }: YamlDocument, placed: Placed): SigmaDocument | BrokenDocument {
  const { report } = placed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.problem([], `wants a Sigma document (a map), has ${show(value)}`);
    return { kind: 'broken', names: [] };
  }
  const block = value as Readonly<Record<string, unknown>>;
  warnOfNearMisses(block, report);
  return parse(block, placed) ?? broken(block);
}

function parse(block: Readonly<Record<string, unknown>>, placed: Placed): SigmaDocument | undefined {
  const { report } = placed;
  if (block['action'] !== undefined) {
    report.unsupported(['action'], 'action (multi-document rules)');
    return undefined;
  }
  const keys = Object.keys(KINDS).filter((key) => Object.hasOwn(block, key)) as (keyof typeof KINDS)[];
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    report.problem(
      [],
      `wants one of ${Object.keys(KINDS).join(', ')}, has ${keys.join(' and ') || 'none of them'}`,
    );
    return undefined;
  }
  const head = parseHead(block, report);
  if (key === 'correlation') return parseCorrelationDocument(block, head, placed);
  if (key === 'filter') return parseFilterDocument(block, head, placed);
  return parseRuleDocument(block, head, placed);
}

type Block = Readonly<Record<string, unknown>>;

function parseRuleDocument(block: Block, head: Head | undefined, placed: Placed): SigmaDocument | undefined {
  const { report } = placed;
  const logsource = parseLogsource(block['logsource'], ['logsource'], report);
  const detection = parseDetection(block['detection'], ['detection'], report);
  const extension = parseExtension(block, report);
  if (!head || !logsource || !detection || extension === 'broken') return undefined;
  return { ...placed, kind: 'base', head, logsource, detection, extension };
}

function parseCorrelationDocument(
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

function parseFilterDocument(
  block: Block,
  head: Head | undefined,
  placed: Placed,
): SigmaDocument | undefined {
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

function warnOfNearMisses(block: Block, report: Report): void {
  for (const key of Object.keys(block)) {
    if (KNOWN.has(key)) continue;
    const meant = nearest(key, WATCHED);
    if (meant !== undefined && !Object.hasOwn(block, meant))
      report.warn([key], `is not a key that is read; did you mean "${meant}"?`);
  }
}

function broken(block: Block): BrokenDocument {
  const names = [block['id'], block['name']].filter((name) => typeof name === 'string');
  return { kind: 'broken', names };
}
