import { nearest } from '../lib/nearest.ts';
import { readYaml } from '../lib/yaml.ts';
import type { Block, BrokenDocument, Placed, SigmaDocument } from './document.ts';
import type { RuleFile } from './files.ts';
import { type Lists, NO_LISTS } from './lists.ts';
import { KIND_KEYS, parseDocument } from './parse-document.ts';
import type { Findings, Report } from './report.ts';
import { show } from './shapes.ts';

/** Top-level keys whose misspelling would pass for an author's own key. */
const WATCHED = [...KIND_KEYS, 'sidewatch', 'level'];
const KNOWN = new Set([
  ...WATCHED,
  ...['title', 'id', 'name', 'status', 'description', 'author', 'references', 'date', 'modified', 'tags'],
  ...['logsource', 'fields', 'falsepositives', 'related', 'license', 'taxonomy', 'scope', 'generate'],
]);

/** All documents of a file. What is wrong with them goes to `findings`. */
export function readDocuments(
  file: RuleFile,
  findings: Findings,
  lists: Lists = NO_LISTS,
): readonly (SigmaDocument | BrokenDocument)[] {
  const { documents, errors } = readYaml(file.text);
  for (const { line, message } of errors)
    findings.problems.push({ where: `${file.path}:${line}`, message: `not YAML: ${message}` });
  return documents.map((document) => {
    const report = findings.report((path) => `${file.path}:${document.line(path)}`);
    const source = `${file.path}:${document.line([])}`;
    return readDocument(document.value, { ruleset: file.ruleset, source, report, lists });
  });
}

function readDocument(value: unknown, placed: Placed): SigmaDocument | BrokenDocument {
  const { report } = placed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.problem([], `wants a Sigma document (a map), has ${show(value)}`);
    return { kind: 'broken', names: [] };
  }
  const block = value as Block;
  warnOfNearMisses(block, report);
  return parseDocument(block, placed) ?? broken(block);
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
