import { isIPv4, isIPv6 } from 'node:net';

/** 4 or 6 for an address that can be looked up and compared; undefined for what is none, and for one with a zone. */
export function family(address: string): 4 | 6 | undefined {
  return isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined;
}

/** The eight 16-bit groups of an IPv6 address, or undefined. Zones (`%eth0`) are refused: they mean nothing on another host. */
export function ipv6Groups(address: string): readonly number[] | undefined {
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [head = '', tail] = text.split('::');
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** RFC 5952 text of eight groups. */
function format(parts: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && parts[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = parts.map((part) => part.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** One text for one address: RFC 5952, and dotted for an IPv4 address mapped into IPv6. undefined for what is no address. */
export function normalise(address: string): string | undefined {
  if (isIPv4(address)) return address;
  const parts = ipv6Groups(address);
  if (!parts) return undefined;
  if (parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff) {
    const [high = 0, low = 0] = parts.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return format(parts);
}

const DOT = 46;
const ZERO = 48;

/** An IPv4 address as a number of 32 bits. Makes no strings: a list may have 100,000 networks. */
export function v4Bits(address: string): number {
  let bits = 0;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) bits = (bits + part) * 256;
    part = code === DOT ? 0 : part * 10 + code - ZERO;
  }
  return bits + part;
}

/** The network of a normalised address in CIDR form (`2001:db8::/64`, `192.0.2.0/24`). */
export function network(address: string, bits: number): string {
  if (isIPv4(address)) {
    const value = v4Bits(address);
    const size = 2 ** (32 - bits);
    const base = Math.floor(value / size) * size;
    return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${bits}`;
  }
  const parts = ipv6Groups(address) ?? [];
  const masked = parts.map((part, i) => {
    const keep = Math.min(16, Math.max(0, bits - i * 16));
    return part & (0xffff << (16 - keep)) & 0xffff;
  });
  return `${format(masked)}/${bits}`;
}

/** `10.0.0.0/8`, `2001:db8::/32` or a single address. Host bits may be set, as the collector and Kubernetes allow. */
export function parseNetwork(
  text: string,
): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bits = slash < 0 ? undefined : text.slice(slash + 1);
  const which = family(address);
  if (which === undefined) return undefined;
  const most = which === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined;
  return { address, bits: bits === undefined ? most : Number(bits), family: which === 4 ? 'ipv4' : 'ipv6' };
}
