import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { normalise } from '../lib/address.ts';
import { isLoopback } from '../lib/reachable.ts';
import { unixAddress } from '../lib/unix-endpoint.ts';

const ANY = new Set(['0.0.0.0', '::']);
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** What is wrong with a target of our own: it is one of the receivers. `receivers`: sections with `endpoint` keys in them. */
export async function loopFault(target: string, receivers: unknown): Promise<string | undefined> {
  const own = endpointsIn(receivers);
  const socket = unixAddress(target);
  const found =
    socket === undefined
      ? await listenerAt(target, own)
      : own.find((endpoint) => unixAddress(endpoint) === socket);
  return found && `is a loop: it is the address of a receiver of this Sidewatch (${found})`;
}

function endpointsIn(section: unknown): readonly string[] {
  if (typeof section !== 'object' || section === null) return [];
  return Object.entries(section).flatMap(([key, value]) =>
    key === 'endpoint' && typeof value === 'string' ? [value] : endpointsIn(value),
  );
}

async function listenerAt(target: string, own: readonly string[]): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(target);
  const wanted = port || DEFAULT_PORTS[protocol];
  const atPort = own.filter((endpoint) => endpoint.endsWith(`:${wanted}`));
  // Only then is a name looked up.
  if (atPort.length === 0) return undefined;
  const targets = await addressesOf(hostname);
  for (const endpoint of atPort) {
    const listening = await addressesOf(endpoint.slice(0, endpoint.lastIndexOf(':')));
    if (listening.some((one) => targets.some((to) => reaches(to, one)))) return endpoint;
  }
  return undefined;
}

/** Normalised. None for a name that is not known, as that of a next hop that is not there yet. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (ANY.has(bare)) return [bare];
  const address = normalise(bare);
  if (address !== undefined) return [address];
  if (bare === 'localhost') return ['127.0.0.1', '::1'];
  const found = await lookup(bare, { all: true }).catch(() => []);
  return found.map((one) => normalise(one.address) ?? one.address);
}

/** Whether a connection to `target` arrives at a listener on the address `own`. To any address means to this machine. */
function reaches(target: string, own: string): boolean {
  if (ANY.has(own)) return isOurs(target);
  return target === own || (ANY.has(target) && isLoopback(own));
}

/** Whether an address is one of this machine, or stands for all of them. */
function isOurs(address: string): boolean {
  if (isLoopback(address) || ANY.has(address)) return true;
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .some((one) => normalise(one.address) === address);
}
