import { digest } from '../../lib/digest.ts';
import { nearest } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import type { RuleFile } from '../source/files.ts';
import type { FindingReport, Findings } from '../source/findings.ts';
import { foreignFile } from '../source/foreign-file.ts';
import { type Lists, NO_LISTS } from '../source/value-lists.ts';
import { type FileDocument, fileDocuments } from '../source/yaml-documents.ts';
import { isYamlMap, type YamlMap } from '../source/yaml-map.ts';
import type { BrokenDocument, Placed, SigmaDocument } from './document.ts';
import { HEAD_KEYS } from './head.ts';
import { KIND_KEYS, parseDocument } from './parse-document.ts';

/** Top-level keys whose misspelling would pass for an author's own key. */
const WATCHED = [...KIND_KEYS, 'sidewatch', 'level'];
const KNOWN = new Set([...WATCHED, ...HEAD_KEYS, 'logsource', 'generate', 'action']);

/** All documents of a file. What is wrong with them goes to `findings`. */
export function readDocuments(
  file: RuleFile,
  findings: Findings,
  lists: Lists = NO_LISTS,
): readonly (SigmaDocument | BrokenDocument)[] {
  const { documents, faults } = fileDocuments(findings.readYaml(file, foreignFile));
  for (const { line, message } of faults) findings.problems.push({ where: `${file.path}:${line}`, message });
  const taken = new Set<unknown>();
  return documents.map((document) => {
    const report = findings.report((path) => `${file.path}:${document.line(path)}`);
    const source = `${file.path}:${document.at}`;
    const value = withNamesOfItsOwn(document, taken, report);
    return readDocument(value, { ruleset: file.ruleset, source, report, lists });
  });
}

/** An id and a name that a rule has from another one of its file are that one's, if that one is a rule too. */
function withNamesOfItsOwn(
  { value, inherited }: FileDocument,
  taken: Set<unknown>,
  report: FindingReport,
): unknown {
  if (!isYamlMap(value)) return value;
  const { id, name } = value;
  const own: Record<string, unknown> = {};
  if (inherited.has('id') && taken.has(id)) {
    own['id'] = asUuid(digest([id, taken.size]));
    report.lint(
      [],
      `has the id of another rule (line ${inherited.get('id')}), so it is called ${own['id']}; give it its own`,
    );
  }
  if (inherited.has('name') && taken.has(name)) {
    own['name'] = undefined;
    report.lint([], `has the name of another rule (line ${inherited.get('name')}), so it goes without one`);
  }
  taken.add(id).add(name).add(own['id']);
  return { ...value, ...own };
}

function asUuid(hex: string): string {
  return [0, 8, 12, 16, 20].map((from, i) => hex.slice(from, [8, 12, 16, 20, 32][i])).join('-');
}

function readDocument(value: unknown, placed: Placed): SigmaDocument | BrokenDocument {
  const { report } = placed;
  if (!isYamlMap(value)) {
    report.problem([], `wants a Sigma document (a map), has ${shownValue(value)}`);
    return { kind: 'broken', names: [] };
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
      report.warn([key], `is not a key that is read; did you mean "${meant}"?`);
  }
}

function broken(block: YamlMap): BrokenDocument {
  const names = [block['id'], block['name']].filter((name) => typeof name === 'string');
  return { kind: 'broken', names };
}
