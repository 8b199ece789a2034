import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { EXAMPLES, type Yaml } from '../support/examples.ts';
import { collectorBinary } from './build.ts';

/** undefined where the tests are skipped. */
export const OTELCOL = collectorBinary();

/** What the charts give to the container of a collector. */
const ENVIRONMENT = { MY_POD_IP: '127.0.0.1', SIDEWATCH_TOKEN: 'made-up' };

/** The YAML block of a page, from the folder of the repository, in which a text stands. */
export function yamlOf(page: string, text: string): Yaml {
  const all = readFileSync(join(EXAMPLES, '../..', page), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g);
  const found = [...all].map(([, block = '']) => block).filter((block) => block.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${page} have ${text}`);
  return parse(found[0]!);
}

/** What `otelcol validate` has against a configuration. */
export function faultsOf(config: Yaml, folder: string): string {
  const file = configFile(storedIn(config, folder), folder);
  const { status, stderr } = spawnSync(OTELCOL!, ['validate', '--config', file], {
    encoding: 'utf8',
    env: { ...process.env, ...ENVIRONMENT },
  });
  return status === 0 ? '' : stderr || `exit code ${status}`;
}

export interface Collector extends AsyncDisposable {
  /** A metric of its own, of one component; 0 before the first. */
  metric(name: string, component: string): Promise<number>;
}

/** Runs a collector with a configuration. */
export async function startCollector(config: Yaml, folder: string): Promise<Collector> {
  const port = await freePort();
  const prometheus = { host: '127.0.0.1', port };
  const telemetry = { metrics: { level: 'normal', readers: [{ pull: { exporter: { prometheus } } }] } };
  const file = configFile({ ...config, service: { ...config.service, telemetry } }, folder);
  const child = spawn(OTELCOL!, ['--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...ENVIRONMENT },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await ready(child);
  return {
    async metric(name, component) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const series = new RegExp(`^${name}(?:_total)?\\{[^}]*"${component}"[^}]*\\} (\\S+)$`, 'm');
      return Number(series.exec(text)?.[1] ?? 0);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The configuration with its checkpoints and queues in a folder. */
export function storedIn(config: Yaml, folder: string): Yaml {
  const extensions = Object.entries<Yaml>(config.extensions ?? {}).map(([id, own]) =>
    id.startsWith('file_storage') ? [id, { ...own, directory: folder }] : [id, own],
  );
  return { ...config, extensions: Object.fromEntries(extensions) };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (said.includes('Everything is ready')) return;
      said += text;
      if (said.includes('Everything is ready')) resolve();
    });
    child.once('close', () => reject(new Error(`the collector ended: ${said}`)));
  });
}

function configFile(config: Yaml, folder: string): string {
  const file = join(folder, 'otelcol.yaml');
  writeFileSync(file, stringify(config, { aliasDuplicateObjects: false }));
  return file;
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  return address.port;
}
