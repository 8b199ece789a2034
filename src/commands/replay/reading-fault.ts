import { unreadable } from '../../lib/unreadable.ts';

/** Why an input could not be read to its end, in words; undefined for an error that is no such thing but a fault of ours. */
export function readingFault(error: unknown): string | undefined {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return 'its compressed data ends early; what was read before that counts';
  if (code === 'ZSTD_error_frameParameter_windowTooLarge')
    return 'its zstd window is larger than is read here (zstd --long); unpack it first';
  if (/^Z(STD)?_/.test(code))
    return `its compressed data is damaged (${message}); what was read before that counts`;
  return syscall === undefined ? undefined : unreadable(error);
}
