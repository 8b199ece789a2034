import { get } from 'node:http';
import { plainText } from '../lib/plain-text.ts';
import { reachedHost } from '../lib/reached-host.ts';
import { seconds } from '../lib/time-format.ts';
import { configAt } from '../setup/settings.ts';
import { UserError } from '../setup/user-error.ts';

interface HealthOptions {
  readonly config?: string;
  readonly endpoint?: string;
  readonly ready?: boolean;
}

/** Where the container image answers. */
const DEFAULT_ENDPOINT = 'localhost:14133';
/** A process that cannot answer within this time is not healthy. */
const ANSWER_TIME = seconds(5);
/** An answer of ours is shorter. */
const ANSWER_MAX = 64 * 1024;

/** Prints in one line how a running `serve` is. Resolves with the exit code. */
export async function health({ config, endpoint, ready = false }: HealthOptions): Promise<number> {
  const at = endpoint ?? (config === undefined ? DEFAULT_ENDPOINT : configured(config));
  const url = urlOf(at, ready ? '/readyz' : '/livez');
  const { ok, line } = await ask(url).catch(({ message }: Error) => ({
    ok: false,
    line: `no answer from ${url.href}: ${message}`,
  }));
  process.stdout.write(`${plainText(line)}\n`);
  return ok ? 0 : 1;
}

function configured(path: string): string {
  const { endpoint } = configAt(path).telemetry.health;
  if (endpoint === undefined) throw new UserError([`${path}  telemetry.health.endpoint is not set`]);
  return endpoint;
}

function urlOf(endpoint: string, path: string): URL {
  const [, host = '', port] = /^(.+):(\d+)$/.exec(endpoint) ?? [];
  const url = `http://${reachedHost(host)}:${port}${path}`;
  if (port === undefined || !URL.canParse(url))
    throw new UserError([`${endpoint}  is not host:port, such as ${DEFAULT_ENDPOINT}`]);
  return new URL(url);
}

async function ask(url: URL): Promise<{ readonly ok: boolean; readonly line: string }> {
  const { status, text } = await answerOf(url);
  const { reasons } = reasonsIn(text) ?? {};
  if (status === 200 && reasons) return { ok: true, line: 'ok' };
  if (reasons) return { ok: false, line: `unavailable: ${reasons.join('; ')}` };
  return { ok: false, line: `${url.href} answered HTTP ${status}, which is not the answer of Sidewatch` };
}

function answerOf(url: URL): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(ANSWER_TIME) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(0, ANSWER_MAX);
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.name === 'AbortError' ? new Error(`none within ${ANSWER_TIME / 1000} seconds`) : error),
    );
  });
}

function reasonsIn(text: string): { readonly reasons: readonly string[] } | undefined {
  try {
    const { reasons } = JSON.parse(text) as { readonly reasons?: unknown };
    return Array.isArray(reasons) ? { reasons: reasons.map(String) } : undefined;
  } catch {
    return undefined;
  }
}
