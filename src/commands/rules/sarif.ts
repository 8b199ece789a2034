import { relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jsonText } from '../../lib/json-text.ts';
import { type CheckFinding, FINDING_KINDS, type FindingKind, type FindingLevel } from './check-findings.ts';

const LEVEL = {
  error: 'error',
  warning: 'warning',
  lint: 'note',
  note: 'note',
} as const satisfies Record<FindingLevel, string>;

/** Findings as SARIF 2.1.0 for code hosts. The paths of files below `root` are relative to it. */
export function sarif(findings: readonly CheckFinding[], version: string, root: string): string {
  const kinds = Object.keys(FINDING_KINDS) as readonly FindingKind[];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sidewatch',
            version,
            rules: kinds.map((id) => ({
              id,
              shortDescription: { text: FINDING_KINDS[id] },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ level, kind, file, line, message }) => ({
          ruleId: kind,
          ruleIndex: kinds.indexOf(kind),
          level: LEVEL[level],
          message: { text: message },
          locations: [locationOf(file, line, root)],
        })),
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

function locationOf(file: string, line: number, root: string) {
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(file, root) }, region: { startLine: line } },
  };
}

function uriOf(file: string, root: string): string {
  const below = relative(root, resolve(root, file));
  if (below.split(sep)[0] === '..') return pathToFileURL(resolve(root, file)).href;
  return below.split(sep).map(encodeURIComponent).join('/');
}
