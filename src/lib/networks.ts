import { isIPv4 } from 'node:net';
import { ipv6Groups, normalise, parseNetwork, v4Bits } from './address.ts';
import { atOnce, eachInSteps, type Steps } from './steps.ts';

/** A set of addresses and CIDR networks. `contains` is false for a text that is not an address. */
export interface Networks {
  contains(address: string): boolean;
}

/**
 * Throws for an entry that is neither an address nor a network; check with `parseNetwork` first. A network of IPv6 has no IPv4
 * addresses in it, unless it lies in `::ffff:0:0/96`, where they are mapped into IPv6. node:net's BlockList says that `::/64` has them all,
 * and takes ten times as long to fill.
 */
export function networks(entries: readonly string[]): Networks {
  return atOnce(makingNetworks(entries));
}

/** `networks` in steps. */
export function* makingNetworks(entries: readonly string[]): Steps<Networks> {
  const v4 = new Prefixes<number>(32, (address, by) => Math.floor(address / 2 ** by));
  const v6 = new Prefixes<bigint>(128, (address, by) => address >> BigInt(by));
  yield* eachInSteps(entries, (entry) => {
    const parsed = parseNetwork(entry);
    if (!parsed) throw new Error(`${entry} is neither an address nor a network in CIDR form`);
    const { address, bits, family } = parsed;
    const mapped = family === 'ipv6' && bits >= MAPPED_BITS ? normalise(address)! : address;
    if (family === 'ipv4') v4.add(v4Bits(address), bits);
    else if (isIPv4(mapped)) v4.add(v4Bits(mapped), bits - MAPPED_BITS);
    else v6.add(v6Bits(address), bits);
  });
  return {
    contains(address) {
      const plain = normalise(address);
      if (plain === undefined) return false;
      return isIPv4(plain) ? v4.contain(v4Bits(plain)) : v6.contain(v6Bits(plain));
    },
  };
}

/** `::ffff:0:0/96` has the IPv4 addresses that are mapped into IPv6. */
const MAPPED_BITS = 96;

/** Prefixes of addresses of one length, by their own length: a look-up asks once for each length. */
class Prefixes<Address> {
  readonly #width: number;
  readonly #shifted: (address: Address, by: number) => Address;
  readonly #byShift = new Map<number, Set<Address>>();

  constructor(width: number, shifted: (address: Address, by: number) => Address) {
    this.#width = width;
    this.#shifted = shifted;
  }

  add(address: Address, bits: number): void {
    const shift = this.#width - bits;
    const known = this.#byShift.get(shift) ?? new Set();
    this.#byShift.set(shift, known.add(this.#shifted(address, shift)));
  }

  contain(address: Address): boolean {
    for (const [shift, prefixes] of this.#byShift)
      if (prefixes.has(this.#shifted(address, shift))) return true;
    return false;
  }
}

const v6Bits = (address: string): bigint =>
  ipv6Groups(address)!.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
