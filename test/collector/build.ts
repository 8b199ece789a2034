import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installed, run, type Tool } from '../support/tool-cache.ts';

const PARTS = new URL('otelcol.yaml', import.meta.url).pathname;
const TEXT = readFileSync(PARTS, 'utf8');
const [, RELEASE = ''] = /^ {2}version: (\S+)$/m.exec(TEXT) ?? [];

/** About four minutes of CPU the first time. */
const OTELCOL: Tool = {
  name: 'otelcol',
  version: `${RELEASE}-${createHash('sha256').update(TEXT).digest('hex').slice(0, 8)}`,
  wants: 'Go 1.25 or newer, and the Go module proxy',
  install(folder) {
    const work = join(folder, 'work');
    const env = { GOBIN: work, GOFLAGS: '-buildvcs=false' };
    mkdirSync(work);
    cpSync(PARTS, join(work, 'otelcol.yaml'));
    run('go', ['install', `go.opentelemetry.io/collector/cmd/builder@v${RELEASE}`], work, env);
    run('./builder', ['--config', 'otelcol.yaml', '--skip-compilation'], work, env);
    run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', 'otelcol', '.'], join(work, 'out'), env);
    renameSync(join(work, 'out', 'otelcol'), join(folder, 'otelcol'));
    rmSync(work, { recursive: true });
  },
};

const hasGo = (): boolean => spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;

/** The collector. `SIDEWATCH_OTELCOL` names another one. undefined where there is none and no Go to build it. */
export function collectorBinary(): string | undefined {
  const given = process.env['SIDEWATCH_OTELCOL'];
  if (given) return given;
  return hasGo() ? join(installed(OTELCOL), 'otelcol') : undefined;
}
