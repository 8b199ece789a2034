import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, run, type Tool } from '../support/tool-cache.ts';

const PROMETHEUS: Tool = {
  name: 'debian-prometheus',
  version: '2',
  wants: "Debian or Ubuntu with apt's lists (apt-get update)",
  install(folder) {
    run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], folder);
    for (const file of globSync('*.deb', { cwd: folder })) {
      run('dpkg-deb', ['-x', file, '.'], folder);
      rmSync(join(folder, file));
    }
  },
};

/** The folder with `prometheus` and `promtool`, or why there is none. `SIDEWATCH_PROMETHEUS` names another one. */
export function prometheusFolder(): { readonly folder: string } | { readonly why: string } {
  const given = process.env['SIDEWATCH_PROMETHEUS'];
  if (given) return { folder: given };
  try {
    return { folder: join(installed(PROMETHEUS), 'usr/bin') };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

/** What `promtool ARGS` says in a folder. */
export function promtool(folder: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(join(folder, 'promtool'), args, { cwd, encoding: 'utf8' });
  return { code: status, out: `${stdout}${stderr}` };
}

export interface Prometheus extends AsyncDisposable {
  /** The samples of an expression at this moment. Throws what Prometheus says against it. */
  query(expression: string): Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]>;
}

/** Scrapes an address each second, under the labels that a monitor of the operator adds. */
export async function startPrometheus(folder: string, cwd: string, target: string): Promise<Prometheus> {
  mkdirSync(join(cwd, 'data'));
  writeFileSync(
    join(cwd, 'prometheus.yml'),
    `scrape_configs:
  - job_name: sidewatch
    scrape_interval: 1s
    static_configs: [{targets: ["${target}"], labels: {namespace: security, pod: sidewatch-0}}]
`,
  );
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn(join(folder, 'prometheus'), args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const at = await listening(child);
  return {
    async query(expression) {
      const answer = await fetch(`http://${at}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { status, error, data } = (await answer.json()) as Answer;
      if (status !== 'success') throw new Error(`${expression}: ${error}`);
      return data.result;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    let address: string | undefined;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (address !== undefined) return;
      said += text;
      address = /msg="Listening on" address=(\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('close', () => reject(new Error(`prometheus ended: ${said}`)));
  });
}
