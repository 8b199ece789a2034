import { unreadable } from '../../lib/unreadable.ts';
import { ForeignFormat } from './read-bytes.ts';

/** Why an input could not be read to its end, in words; undefined for other errors, which are bugs. */
export function readingFault(error: unknown): string | undefined {
  if (error instanceof ForeignFormat) return error.message;
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return 'its compressed data ends early; the part before that was read';
  if (code === 'ZSTD_error_frameParameter_windowTooLarge')
    return 'its zstd window is too large for replay (zstd --long); decompress it first';
  if (/^Z(STD)?_/.test(code))
    return `its compressed data is damaged (${message}); the part before that was read`;
  return syscall === undefined ? undefined : unreadable(error);
}
