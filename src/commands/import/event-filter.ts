import { digest } from '../../lib/digest.ts';
import { placeIn } from './conf-file.ts';
import type { AppFiles } from './detection-settings.ts';
import { allConditions, type RowCondition } from './row-condition.ts';
import { EVENT_SHAPE } from './row-shape.ts';
import { searchExpression } from './search-expression.ts';
import { sigmaDetection } from './sigma-detection.ts';
import { definitionOf, splTokens } from './spl-tokens.ts';
import { TokenReader } from './token-reader.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** The macro with which every search begins: where the audit log is, and which of its events. */
export const AUDIT_MACRO = 'kube_audit';
/** Fields that say where Splunk keeps the log. They are of no event. */
const INDEX: ReadonlySet<string> = new Set([
  ...['index', 'source', 'sourcetype', 'host', 'splunk_server', 'eventtype', 'tag'],
  ...['splunk_server_group', 'linecount', 'punct'],
]);

export interface EventFilter {
  /** A Sigma filter over these base rules; undefined where all events count. */
  readonly document: object | undefined;
  readonly notes: readonly string[];
}

/** `bases`: the names of the rules about single events. Throws UnreadablePart. */
export function eventFilter(
  { macros, lookups }: AppFiles,
  bases: readonly string[],
  where: string,
): EventFilter {
  const definition = definitionOf(AUDIT_MACRO, macros, where);
  const at = placeIn(definition);
  const reader = new TokenReader(splTokens(definition, macros), at);
  const condition = searchExpression(reader, lookups);
  if (reader.next !== undefined) throw reader.fault(`cannot be read at ${reader.next.text}`);
  const parts = condition.kind === 'all' ? condition.of : [condition];
  const ofEvents = parts.filter((part) => !isOfIndex(part, at));
  const notes =
    ofEvents.length < parts.length
      ? [
          `${at}  ${AUDIT_MACRO} says where Splunk keeps the log; here all audit events count, wherever they come from`,
        ]
      : [];
  const converted = sigmaDetection(allConditions(ofEvents), EVENT_SHAPE, at);
  return {
    notes: [...notes, ...converted.notes],
    document: converted.block && {
      title: `The audit events that ${AUDIT_MACRO} selects in Splunk`,
      id: uuidOf([AUDIT_MACRO, definition.text]),
      logsource: { product: 'kubernetes', service: 'audit' },
      filter: { rules: bases, ...converted.block },
    },
  };
}

function isOfIndex(condition: RowCondition, where: string): boolean {
  const kinds = new Set(fieldsOf(condition).map((field) => INDEX.has(field)));
  if (kinds.size > 1)
    throw new UnreadablePart(where, `${AUDIT_MACRO} joins fields of the index and of the event by OR`);
  return kinds.has(true);
}

function fieldsOf(condition: RowCondition): readonly string[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.flatMap(fieldsOf);
    case 'not':
      return fieldsOf(condition.of);
    case 'exists':
      return [condition.field];
    case 'test':
    case 'differs':
      return [condition.test.field];
    case 'constant':
      return [];
  }
}

/** The same for the same text. */
function uuidOf(parts: readonly unknown[]): string {
  const hex = digest(parts);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}
