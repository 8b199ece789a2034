import { normalise } from '../lib/address.ts';
import type { Networks } from '../lib/networks.ts';
import { CLAIMED_MAX } from '../model/bounds.ts';

/**
 * The most trusted proxies in a row that are skipped. No real chain is longer: somebody behind a proxy made a longer one up,
 * and then the peer is the client.
 */
export const TRUSTED_HOPS_MAX = 64;

export interface Client {
  /** Normalised (RFC 5952; dotted where IPv4 is mapped into IPv6); text that is not an address stays as it is. */
  readonly address: string;
  /** The entries left of it in sourceIPs, in the same order. The client may have made up all of them. */
  readonly claimed: readonly string[];
}

/**
 * The client that sent the request: from the right of sourceIPs, the first entry that is not a trusted proxy. If all are
 * trusted, it is the peer (the last entry), which cannot be forged. Text that is not an address is never trusted, so no
 * entry left of it is believed. Empty entries are skipped. undefined if no entry is left. The entries are decoded one by one
 * from the right, since a client can send 100,000 of them.
 */
export function clientAmong(count: number, entry: AddressAt, trusted: Networks): Client | undefined {
  const index = clientIndex(count, entry, trusted);
  if (index === undefined) return undefined;
  const claimed: string[] = [];
  for (let i = index - 1; i >= 0 && claimed.length < CLAIMED_MAX; i--) {
    const address = entry(i);
    if (address) claimed.push(plain(address));
  }
  return { address: plain(entry(index)!), claimed: claimed.reverse() };
}

/** The client's address alone. */
export function clientAddress(count: number, entry: AddressAt, trusted: Networks): string | undefined {
  const index = clientIndex(count, entry, trusted);
  return index === undefined ? undefined : plain(entry(index)!);
}

/** The i-th entry of sourceIPs as text; undefined for null. */
export type AddressAt = (i: number) => string | undefined;

function clientIndex(count: number, entry: AddressAt, trusted: Networks): number | undefined {
  let peer: number | undefined;
  let hops = 0;
  for (let i = count - 1; i >= 0 && hops < TRUSTED_HOPS_MAX; i--) {
    const address = entry(i);
    if (!address) continue;
    if (!trusted.contains(address)) return i;
    peer ??= i;
    hops++;
  }
  return peer;
}

const plain = (address: string): string => normalise(address) ?? address;
