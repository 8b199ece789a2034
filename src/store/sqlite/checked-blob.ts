import { crc32 } from 'node:zlib';

export interface Blob {
  readonly crc: number;
  readonly bytes: Uint8Array;
}

export const WRONG = 'its checksum is wrong';

/** A row that cannot be what was written. */
export class DamagedRow extends Error {
  constructor(table: string, row: string | number | undefined, what: string) {
    super(`table ${table}${row === undefined ? '' : `, row ${row}`}: ${what}`);
  }
}

export const isWhole = ({ crc, bytes }: Blob): boolean => crc32(bytes) === crc;

/** The bytes of a row, if they are those that were written. */
export function checked(table: string, row: string | number, blob: Blob): Uint8Array {
  if (!isWhole(blob)) throw new DamagedRow(table, row, WRONG);
  return blob.bytes;
}
