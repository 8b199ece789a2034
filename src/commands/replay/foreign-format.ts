/** Bytes at the beginning of an input that say that it is something else than text. */
interface Format {
  readonly begins: readonly (readonly number[])[];
  /** What it is, and what to do. */
  readonly hint: string;
}

const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

const FORMATS: readonly Format[] = [
  { begins: [ascii('ElfFile\0')], hint: 'it is a Windows event log (evtx), not a Kubernetes audit log' },
  {
    begins: [
      [0xd4, 0xc3, 0xb2, 0xa1],
      [0xa1, 0xb2, 0xc3, 0xd4],
      [0x4d, 0x3c, 0xb2, 0xa1],
      [0xa1, 0xb2, 0x3c, 0x4d],
      [0x0a, 0x0d, 0x0d, 0x0a],
    ],
    hint: 'it is a capture of network packets (pcap), not a Kubernetes audit log',
  },
  { begins: [ascii('BZh')], hint: 'it is compressed with bzip2; decompress it first (bunzip2)' },
  { begins: [[0xfd, ...ascii('7zXZ\0')]], hint: 'it is compressed with xz; decompress it first (unxz)' },
  { begins: [[0x04, 0x22, 0x4d, 0x18]], hint: 'it is compressed with lz4; decompress it first (unlz4)' },
  { begins: [ascii('PK\x03\x04')], hint: 'it is a zip archive; unpack it first (unzip)' },
  { begins: [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]], hint: 'it is a 7z archive; unpack it first' },
  {
    begins: [ascii('LPKSHHRH')],
    hint: 'it is a journal of systemd; write it as JSON first (journalctl -o json)',
  },
  { begins: [ascii('PAR1')], hint: 'it is a Parquet file; write it as JSON, one event on each line' },
];

const UTF16 = 'it is UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)';

/** Bytes of the longest beginning. */
export const BEGINNING_MAX = Math.max(...FORMATS.flatMap(({ begins }) => begins.map(({ length }) => length)));

/** Why an input that begins with these bytes cannot be read; undefined for what may be a log. */
export function foreignFormat(first: Uint8Array): string | undefined {
  if (isUtf16(first)) return UTF16;
  return FORMATS.find(({ begins }) => begins.some((bytes) => bytes.every((byte, i) => first[i] === byte)))
    ?.hint;
}

/** With a byte order mark; or without one, as two characters of which the first is a brace or a bracket. */
function isUtf16([a, b, c, d]: Iterable<number>): boolean {
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  const little = isBracket(a) && b === 0 && c !== 0 && d === 0;
  const big = a === 0 && isBracket(b) && c === 0 && d !== 0 && d !== undefined;
  return little || big;
}

const isBracket = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b;
