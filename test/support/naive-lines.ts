import { CriParts } from '../../src/audit/texts/cri-parts.ts';
import type { FileLine } from '../../src/commands/replay/file-line.ts';
import { Documents } from '../../src/commands/replay/json-documents.ts';

const NUL = '\0';

/** What LineFraming finds in a whole text, a line at a time: slow and simple. */
export function naiveLines(text: Buffer, most: number): { lines: FileLine[]; nulBytes: number } {
  const documents = new Documents(most);
  const parts = new CriParts<number>();
  const found: FileLine[] = [];
  let nulBytes = 0;
  const kept = (number: number, bytes: Buffer): FileLine => ({
    number,
    bytes: bytes.length > most ? undefined : bytes,
  });
  const take = (line: FileLine) => found.push(...documents.take(line));
  const takeWhole = (line: FileLine) => {
    if (
      line.bytes === undefined ||
      (parts.isEmpty && !/^\d/.test(Buffer.from(line.bytes).toString('latin1')))
    )
      take(line);
    else
      for (const { text: whole, of } of parts.take(Buffer.from(line.bytes).toString('latin1'), line.number))
        take({ number: of, bytes: Buffer.from(whole, 'latin1') });
  };
  for (const [i, line] of text.toString('latin1').split('\n').entries()) {
    const pieces = line.split(NUL);
    nulBytes += pieces.length - 1;
    for (const [j, piece] of pieces.entries()) {
      const isLast = j === pieces.length - 1;
      const bytes = Buffer.from(piece, 'latin1');
      if (bytes.length > 0 && isLast) takeWhole(kept(i + 1, bytes));
      else if (bytes.length > 0) take(kept(i + 1, bytes));
      if (!isLast) found.push(...documents.end());
    }
  }
  for (const { text: left, of } of parts.end()) take({ number: of, bytes: Buffer.from(left, 'latin1') });
  found.push(...documents.end());
  return { lines: found, nulBytes };
}
