/** A value of a MaxMind DB: text, a double (always 64 bits), a map; or bytes that stand for themselves. */
export type Value = string | number | Uint8Array | { readonly [key: string]: Value };

/** A MaxMind DB file with one record a network, written by the format's published rules. Data begins with the first record. */
export function mmdbFile(
  ipVersion: 4 | 6,
  databaseType: string,
  records: Readonly<Record<string, Value>>,
  recordBits: 24 | 28 | 32 = 24,
): Buffer {
  const nodes: (number | { data: number } | undefined)[][] = [[undefined, undefined]];
  const data: Buffer[] = [];
  let size = 0;
  for (const [network, record] of Object.entries(records)) {
    const bits = bitsOf(network, ipVersion);
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      const next = nodes[node]![bit];
      if (typeof next === 'number') node = next;
      else {
        nodes.push([undefined, undefined]);
        nodes[node]![bit] = nodes.length - 1;
        node = nodes.length - 1;
      }
    }
    nodes[node]![bits.at(-1)!] = { data: size };
    const bytes = encode(record);
    data.push(bytes);
    size += bytes.length;
  }
  const record = (to: number | { data: number } | undefined): number =>
    to === undefined ? nodes.length : typeof to === 'number' ? to : nodes.length + 16 + to.data;
  const tree = nodes.map(([left, right]) => packed(record(left), record(right), recordBits));
  const metadata = [
    [...map(5)],
    [...text('binary_format_major_version'), ...uint(2)],
    [...text('ip_version'), ...uint(ipVersion)],
    [...text('record_size'), ...uint(recordBits)],
    [...text('node_count'), ...uint(nodes.length)],
    [...text('database_type'), ...text(databaseType)],
  ].map((part) => Buffer.from(part));
  return Buffer.concat([
    ...tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from([0xab, 0xcd, 0xef]),
    Buffer.from('MaxMind.com'),
    ...metadata,
  ]);
}

/** A node, by way of its hexadecimal digits: with 28 bits each, the middle byte is the first digit of both records. */
function packed(left: number, right: number, recordBits: 24 | 28 | 32): Buffer {
  const digits = recordBits / 4;
  const [l = '', r = ''] = [left, right].map((record) => record.toString(16).padStart(digits, '0'));
  return Buffer.from(recordBits === 28 ? `${l.slice(1)}${l[0]}${r}` : l + r, 'hex');
}

function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address = '', length = ''] = network.split('/');
  const dotted = address.includes('.');
  const bits = dotted
    ? address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'))
    : address.split(':').map((part) =>
        Number.parseInt(part || '0', 16)
          .toString(2)
          .padStart(16, '0'),
      );
  const zeros = dotted && ipVersion === 6 ? '0'.repeat(96) : '';
  return [...zeros, ...bits.join('').slice(0, Number(length))].map(Number);
}

export function encode(value: Value): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string') return Buffer.from(text(value));
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, (3 << 5) | 8);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    Buffer.from(map(entries.length)),
    ...entries.flatMap(([key, member]) => [Buffer.from(text(key)), encode(member)]),
  ]);
}

const map = (size: number): number[] => [(7 << 5) | size];
const uint = (value: number): number[] => [(6 << 5) | 4, 0, 0, value >> 8, value & 255];

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return bytes.length < 29
    ? [(2 << 5) | bytes.length, ...bytes]
    : [(2 << 5) | 29, bytes.length - 29, ...bytes];
}
