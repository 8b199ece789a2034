import { plainText } from '../lib/plain-text.ts';

/** Something that is wrong with the configuration. */
export interface PlacedFault {
  /** A file and line, or a variable. */
  readonly where: string;
  /** What it is about; may be empty. */
  readonly path?: string;
  readonly what: string;
}

/** One line for each fault, with its parts in columns. Two faults with the same text are one line. */
export function faultLines(faults: readonly PlacedFault[]): readonly string[] {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const where = widest(faults.map((fault) => fault.where));
  const path = widest(faults.map((fault) => fault.path ?? ''));
  const lines = faults.map((fault) =>
    [fault.where.padEnd(where), ...(fault.path ? [fault.path.padEnd(path)] : []), fault.what].join('  '),
  );
  return [...new Set(lines.map(plainText))];
}
