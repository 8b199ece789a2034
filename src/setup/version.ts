import { readFileSync } from 'node:fs';

/** The output of `--version`: the version, and the attribution that the licence of the geo data asks for. */
export function versionText(): string {
  return `sidewatch ${version()}\nIP Geolocation by DB-IP (https://db-ip.com), CC-BY-4.0`;
}

export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
