import { askedFields, type Expression } from '../../src/rules/detection/expression.ts';

/** The levels of an audit policy, each of which logs what the one before logs and more. */
export const AUDIT_LEVELS = ['Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof AUDIT_LEVELS)[number];

/** What a rule asks of the audit policy. */
export interface AuditNeed {
  /** Below it the rule cannot match. */
  readonly least: AuditLevel;
  /** Up to it the rule sees more. */
  readonly most: AuditLevel;
}

/** What begins the fields of a request's body. */
const IN_REQUEST: ReadonlySet<string> = new Set(['requestObject', 'podSpec', 'podMetadata']);

/** The first level at which a field can be there: bodies come with the higher ones. */
export function levelOfField(field: string): AuditLevel {
  const [top] = /^\w+/.exec(field) ?? [''];
  if (top === 'responseObject') return 'RequestResponse';
  return IN_REQUEST.has(top) ? 'Request' : 'Metadata';
}

export const higher = (a: AuditLevel, b: AuditLevel): AuditLevel => (rank(a) > rank(b) ? a : b);
export const lower = (a: AuditLevel, b: AuditLevel): AuditLevel => (rank(a) < rank(b) ? a : b);
const rank = (level: AuditLevel): number => AUDIT_LEVELS.indexOf(level);

/** Of what is asked of one event. */
export function auditNeed(expression: Expression): AuditNeed {
  const least = AUDIT_LEVELS.find((level) => verdict(expression, level) !== false) ?? 'RequestResponse';
  const asked = [...askedFields(expression)].filter(({ within }) => within === undefined);
  const most = asked.map(({ field }) => levelOfField(field)).reduce(higher, least);
  return { least, most };
}

/** What is known of the answer when events are logged at that level and of nothing but that; undefined: it depends. */
function verdict(expression: Expression, level: AuditLevel): boolean | undefined {
  switch (expression.kind) {
    case 'all': {
      const parts = expression.of.map((part) => verdict(part, level));
      if (parts.includes(false)) return false;
      return parts.includes(undefined) ? undefined : true;
    }
    case 'any': {
      const parts = expression.of.map((part) => verdict(part, level));
      if (parts.includes(true)) return true;
      return parts.includes(undefined) ? undefined : false;
    }
    case 'not': {
      const of = verdict(expression.of, level);
      return of === undefined ? undefined : !of;
    }
    case 'null':
      return isHidden(expression.field, level) ? true : undefined;
    case 'members':
      if (!isHidden(expression.field, level)) return undefined;
      return expression.quantifier === 'none' || expression.quantifier === 'all_or_empty';
    case 'reference':
      return isHidden(expression.field, level) || isHidden(expression.other, level) ? false : undefined;
    case 'field':
    case 'exists':
      return isHidden(expression.field, level) ? false : undefined;
    case 'keyword':
      // Text of any field will do, but what the metadata holds of it is chance.
      return level === 'Metadata' ? false : undefined;
  }
}

const isHidden = (field: string, level: AuditLevel): boolean => rank(levelOfField(field)) > rank(level);
