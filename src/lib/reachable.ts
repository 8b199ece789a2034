import { networks } from './networks.ts';

const LOOPBACK = networks(['127.0.0.0/8', '::1/128']);

/** False for a text that is not an address. */
export const isLoopback = (address: string): boolean => LOOPBACK.contains(address);

/** Whether other machines may reach a listener at `host:port`: not on a loopback address, and not on a unix socket. */
export function isReachable(endpoint: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+)):\d+$/.exec(endpoint) ?? [];
  const host = bracketed ?? plain;
  return host !== undefined && host !== 'localhost' && !isLoopback(host);
}
