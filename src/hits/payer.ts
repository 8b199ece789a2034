import { family, network } from '../lib/address.ts';

/** The payer: the client's /24, or /32 for IPv6; '' for text that is not an address. */
export function payerOf(client: string | undefined): string {
  const which = client === undefined ? undefined : family(client);
  return client === undefined || which === undefined ? '' : network(client, which === 4 ? 24 : 32);
}
