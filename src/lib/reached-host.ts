const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/** Where a client on the same machine reaches a listener: addresses that mean every address are none to connect to. */
export const reachedHost = (host: string): string => ANY[host] ?? host;
