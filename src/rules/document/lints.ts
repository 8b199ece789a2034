import { shownValue } from '../../lib/shown-value.ts';
import type { YamlPath } from '../../lib/yaml-source.ts';
import { type Expression, foldCase } from '../detection/expression.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type { BaseDocument, SigmaDocument } from './document.ts';

/** Modifiers under which `*` is no wildcard, or cannot be written in a shorter way. */
const OTHER_SYNTAX = /\|(re|cidr|expand|fieldref|base64|base64offset|contains|startswith|endswith)\b/;
/** A star that is not escaped, at the beginning, at the end. */
const HEAD_STAR = /^\*/;
const TAIL_STAR = /(^|[^\\])\*$/;

/** Values of a list that a lint shows. */
const SHOWN_MAX = 3;

/** Fields of audit events that hold numbers, and are likely in rules. */
const NUMERIC =
  /^responseStatus\.code$|\.(runAsUser|runAsGroup|fsGroup|replicas|containerPort|hostPort|nodePort|retryAfterSeconds)$/;

/**
 * Lints values that are better written another way: wildcards in place of a modifier, as Sigma's own linter does, and
 * numbers in quotes. `block`: a detection.
 */
export function lintValues(block: unknown, path: YamlPath, report: FindingReport): void {
  if (typeof block !== 'object' || block === null) return;
  // A value directly under the name of a selection is a keyword, which matches anywhere in a text.
  for (const [name, selection] of Object.entries(block)) lintItems(selection, [...path, name], report);
}

function lintItems(items: unknown, path: YamlPath, report: FindingReport): void {
  if (typeof items !== 'object' || items === null) return;
  if (!Array.isArray(items)) lintStars(items, path, report);
  for (const [key, value] of Object.entries(items)) {
    const at = [...path, Array.isArray(items) ? Number(key) : key];
    if (Array.isArray(items) || isMapOrMaps(value)) lintItems(value, at, report);
    else if (!OTHER_SYNTAX.test(key)) {
      lintNumbers(key, value, at, report);
      // A value among others cannot have a modifier of its own.
      const [modifier, ...others] = new Set((Array.isArray(value) ? value : [value]).map(betterAs));
      if (modifier !== undefined && others.length === 0)
        report.lint(at, `${shownTexts(value)} better written with |${modifier}`);
    }
  }
}

function shownTexts(value: unknown): string {
  if (!Array.isArray(value)) return `${shownValue(value)} is`;
  const shown = value.slice(0, SHOWN_MAX).map(shownValue).join(', ');
  return value.length > SHOWN_MAX ? `${shown} and ${value.length - SHOWN_MAX} more are` : `${shown} are`;
}

/** Fields of a rule of a role in which a star is a name of its own: all verbs, all subresources. */
const OF_ROLES = new Set(['apiGroups', 'nonResourceURLs', 'resourceNames', 'resources', 'verbs']);

/**
 * Reports a star that is a wildcard beside one that is escaped: in the same list, or in another field of the same rule of a
 * role. Whoever escapes the one means the star itself, and probably meant it in the other too.
 */
function lintStars(items: object, path: YamlPath, report: FindingReport): void {
  const fields = Object.entries(items).flatMap(([key, value]) => {
    if (OTHER_SYNTAX.test(key) || isMapOrMaps(value)) return [];
    const texts = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
    const ofRoles = OF_ROLES.has(key.split('|', 1)[0]!.split('.').at(-1)!);
    return [{ key, ofRoles, escaped: texts.find(hasEscapedStar), wild: texts.find(isWild) }];
  });
  const inRole = fields.find(({ ofRoles, escaped }) => ofRoles && escaped !== undefined)?.escaped;
  for (const { key, ofRoles, escaped, wild } of fields) {
    const beside = escaped ?? (ofRoles ? inRole : undefined);
    if (wild !== undefined && beside !== undefined)
      report.lint(
        [...path, key],
        `the star of ${shownValue(wild)} is a wildcard, beside "${beside}"; write \\* for the star itself`,
      );
  }
}

const hasEscapedStar = (text: string): boolean => /\\\*/.test(text);

/** A value that is a star alone asks whether the field exists. */
const isWild = (text: string): boolean => text !== '*' && !hasEscapedStar(text) && text.includes('*');

/** A number and its text are equal here, but not in every other reader of Sigma. */
function lintNumbers(key: string, value: unknown, at: YamlPath, report: FindingReport): void {
  const field = key.split('|', 1)[0]!;
  const quoted = (Array.isArray(value) ? value : [value]).find(
    (one) => typeof one === 'string' && /^-?\d+$/.test(one),
  );
  if (quoted !== undefined && NUMERIC.test(field))
    report.lint(at, `${shownValue(quoted)} is a number in quotes; ${field} holds numbers`);
}

function isMapOrMaps(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => typeof one === 'object' && one !== null);
  return typeof value === 'object' && value !== null;
}

function betterAs(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [head, tail] = [HEAD_STAR.test(value), TAIL_STAR.test(value)];
  const inner = value.slice(head ? 1 : 0, tail ? -1 : undefined);
  if (inner === '' || /(^|[^\\])[*?]/.test(inner)) return undefined;
  if (head && tail) return 'contains';
  return head ? 'endswith' : tail ? 'startswith' : undefined;
}

/** Fields that an event at stage RequestReceived does not have: it is logged before the request is authorized and read. */
const NOT_YET = ['requestObject', 'responseObject', 'responseStatus', 'podSpec', 'podMetadata'];
const NOT_YET_ANNOTATIONS = [
  'authorization.k8s.io/',
  'pod-security.kubernetes.io/',
  'mutation.webhook.admission.k8s.io/',
  'validation.policy.admission.k8s.io/',
].map((name) => `annotations.${name}`);

/** Lints a field that no event has at the only stage that the rule asks for. */
export function lintStage({ detection }: BaseDocument, report: FindingReport): void {
  const missing = new Set<string>();
  for (const group of together(detection.expression)) {
    if (!group.some(isReceived)) continue;
    for (const part of group) {
      if (part.kind !== 'field' && part.kind !== 'exists') continue;
      if (isNotYet(part.field)) missing.add(part.field);
    }
  }
  for (const field of missing)
    report.lint(
      ['detection'],
      `the rule asks only for stage RequestReceived, where an event has no ${field} yet`,
    );
}

/** The tests under one `and`, for every `and` of the expression. */
function together(expression: Expression): readonly (readonly Expression[])[] {
  if (expression.kind === 'any') return expression.of.flatMap(together);
  if (expression.kind !== 'all') return [];
  const parts = flat(expression);
  return [parts, ...parts.flatMap(together)];
}

/** An `and` of `and`s is one. */
function flat(expression: Expression): readonly Expression[] {
  return expression.kind === 'all' ? expression.of.flatMap(flat) : [expression];
}

function isReceived(part: Expression): boolean {
  if (part.kind !== 'field' || part.field !== 'stage') return false;
  return part.any.every(
    (test) => test.kind.endsWith('equal') && 'text' in test && foldCase(test.text) === 'requestreceived',
  );
}

function isNotYet(field: string): boolean {
  return (
    NOT_YET.some((name) => field === name || field.startsWith(`${name}.`)) ||
    NOT_YET_ANNOTATIONS.some((name) => field.startsWith(name))
  );
}

/** Lints documents with the same title: people cannot distinguish them. */
export function lintTitles(documents: readonly SigmaDocument[]): void {
  const first = new Map<string, SigmaDocument>();
  for (const document of documents) {
    const known = first.get(document.head.title);
    if (known === undefined) first.set(document.head.title, document);
    else document.report.lint(['title'], `${known.source} has the same title`);
  }
}
