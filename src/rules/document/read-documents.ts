import { digest } from '../../lib/digest.ts';
import { nearest } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { atOnce, type Steps } from '../../lib/steps.ts';
import { expandingLists } from '../detection/expanding-lists.ts';
import type { RuleFile } from '../source/files.ts';
import { foreignFile } from '../source/foreign-file.ts';
import type { FindingReport, RuleFindings } from '../source/rule-findings.ts';
import { type Lists, NO_LISTS } from '../source/value-lists.ts';
import { type FileDocument, fileDocuments } from '../source/yaml-documents.ts';
import { isYamlMap, type YamlMap } from '../source/yaml-map.ts';
import type { BrokenDocument, DocumentContext, SigmaDocument } from './document.ts';
import { HEAD_KEYS } from './head.ts';
import { KIND_KEYS, parseDocument } from './parse-document.ts';

/** Top-level keys that matter: a misspelt one would look like a key of the author's own. */
const WATCHED = [...KIND_KEYS, 'sidewatch', 'level'];
const KNOWN = new Set([...WATCHED, ...HEAD_KEYS, 'logsource', 'generate', 'action']);

/** All documents of a file. Their faults go to `findings`. */
export function readDocuments(
  file: RuleFile,
  findings: RuleFindings,
  lists: Lists = NO_LISTS,
): readonly (SigmaDocument | BrokenDocument)[] {
  return atOnce(readingDocuments(file, findings, lists));
}

/** `readDocuments` in steps. */
export function* readingDocuments(
  file: RuleFile,
  findings: RuleFindings,
  lists: Lists = NO_LISTS,
): Steps<readonly (SigmaDocument | BrokenDocument)[]> {
  const { documents, faults } = fileDocuments(findings.readYaml(file, foreignFile));
  yield;
  for (const { line, message } of faults)
    findings.problems.push({ where: `${file.path}:${line}`, message, file: file.path });
  const taken = new Set<unknown>();
  const read: (SigmaDocument | BrokenDocument)[] = [];
  for (const document of documents) {
    const source = `${file.path}:${document.at}`;
    const report = findings.report((path) => `${file.path}:${document.line(path)}`, source);
    const value = withDistinctNames(document, taken, report);
    yield* expandingLists(value, lists);
    read.push(readDocument(value, { ruleset: file.ruleset, source, report, lists }));
    yield;
  }
  return read;
}

/** A rule that inherits the id and name of another rule of its file gets an id made from it, and no name. */
function withDistinctNames(
  { value, inherited }: FileDocument,
  taken: Set<unknown>,
  report: FindingReport,
): unknown {
  if (!isYamlMap(value)) return value;
  const { id, name } = value;
  const distinct: Record<string, unknown> = {};
  if (inherited.has('id') && taken.has(id)) {
    distinct['id'] = asUuid(digest([id, taken.size]));
    report.lint(
      [],
      `has the id of another rule (line ${inherited.get('id')}), so its id here is ${distinct['id']}; give it an id of its own`,
    );
  }
  if (inherited.has('name') && taken.has(name)) {
    distinct['name'] = undefined;
    report.lint([], `has the name of another rule (line ${inherited.get('name')}), so it has no name here`);
  }
  taken.add(id).add(name).add(distinct['id']);
  return { ...value, ...distinct };
}

function asUuid(hex: string): string {
  return [0, 8, 12, 16, 20].map((from, i) => hex.slice(from, [8, 12, 16, 20, 32][i])).join('-');
}

function readDocument(value: unknown, placed: DocumentContext): SigmaDocument | BrokenDocument {
  const { report } = placed;
  if (!isYamlMap(value)) {
    report.problem([], `wants a Sigma document (a map), has ${shownValue(value)}`);
    return { kind: 'broken', names: [], counts: [] };
  }
  warnOfNearMisses(value, report);
  return parseDocument(value, placed) ?? broken(value);
}

function warnOfNearMisses(block: YamlMap, report: FindingReport): void {
  const hasKind = KIND_KEYS.some((key) => Object.hasOwn(block, key));
  for (const key of Object.keys(block)) {
    if (KNOWN.has(key)) continue;
    const meant = nearest(key, WATCHED);
    // Without a kind, parseDocument reports it.
    if (!hasKind && KIND_KEYS.some((kind) => kind === meant)) continue;
    if (meant !== undefined && !Object.hasOwn(block, meant))
      report.warn([key], `is not a known key; did you mean "${meant}"?`);
  }
}

function broken(block: YamlMap): BrokenDocument {
  const names = [block['id'], block['name'], block['title']].filter((name) => typeof name === 'string');
  const correlation = isYamlMap(block['correlation']) ? block['correlation'] : {};
  const generates = correlation['generate'] === true || block['generate'] === true;
  const rules = [correlation['rules']].flat().filter((rule) => typeof rule === 'string');
  return { kind: 'broken', names, counts: generates ? [] : rules };
}

/** A document that is left out although it can be read. */
export function asBroken(document: SigmaDocument): BrokenDocument {
  const { id, name, title } = document.head;
  const names = [id, name, title].filter((one) => one !== undefined);
  const counts =
    document.kind === 'correlation' && !document.correlation.generate ? document.correlation.rules : [];
  return { kind: 'broken', names, counts };
}
