import { lookupConditions } from './lookup-command.ts';
import type { LookupFiles } from './lookup-files.ts';
import { allConditions, type RowCondition } from './row-condition.ts';
import { searchExpression } from './search-expression.ts';
import type { SplToken } from './spl-tokens.ts';
import { TokenReader } from './token-reader.ts';
import { UnreadablePart } from './unreadable-part.ts';
import { whereExpression } from './where-expression.ts';

/**
 * The rows that commands such as `search ... | where ...` let through. Throws UnreadablePart for any other command: what it does to
 * rows is a program. `end`: where the macro is; `hasField`: whether rows have a field.
 */
export function filterPipeline(
  tokens: readonly SplToken[],
  end: string,
  lookups: LookupFiles,
  hasField: (name: string) => boolean,
): RowCondition {
  if (tokens.length === 0) throw new UnreadablePart(end, 'is empty');
  const reader = new TokenReader(tokens, end);
  if (reader.isSign('|')) reader.take();
  const conditions: RowCondition[] = [];
  const outputs = lookupConditions(lookups, hasField);
  for (;;) {
    if (reader.isWord('search')) {
      reader.take();
      conditions.push(outputs.resolved(searchExpression(reader, lookups)));
    } else if (reader.isWord('where')) {
      reader.take();
      conditions.push(outputs.resolved(whereExpression(reader)));
    } else if (reader.isWord('lookup')) outputs.read(reader);
    else
      throw reader.fault(
        `${reader.next?.text ?? 'nothing'} cannot be read: only search, where and lookup can`,
      );
    if (reader.next === undefined) return allConditions(conditions);
    reader.takeSign('|');
  }
}
