import { reachedHost } from '../../lib/reached-host.ts';
import { firstToken } from '../../setup/first-token.ts';
import { configAt } from '../../setup/settings.ts';
import { UserError } from '../../setup/user-error.ts';

/** The default URL of the console of a running `serve`. */
export const CONSOLE_URL = 'http://localhost:55679';

export interface ConsoleOptions {
  /** A URL, or host:port. */
  readonly endpoint?: string;
  /** The configuration of the running sidewatch, in place of an endpoint. */
  readonly config?: string;
  readonly tokenFile?: string;
}

/** A page of the console of a running sidewatch, and the token that it wants. */
export interface ConsoleAt {
  readonly url: URL;
  readonly token?: string;
}

/** `passing`: it may be another time. */
export class ConsoleFault extends UserError {
  readonly passing: boolean;

  constructor(line: string, passing: boolean) {
    super([line]);
    this.passing = passing;
  }
}

/** Throws UserError. */
export function consoleAt({ endpoint, config, tokenFile }: ConsoleOptions, path: string): ConsoleAt {
  const configured = config === undefined ? undefined : configuredAt(config);
  const given = endpoint ?? configured?.endpoint ?? CONSOLE_URL;
  const base = /^https?:\/\//.test(given) ? given : `http://${given}`;
  if (!URL.canParse(path, base)) throw new UserError([`${given} is not a URL such as ${CONSOLE_URL}`]);
  const file = tokenFile ?? configured?.tokenFile;
  return { url: new URL(path, base), ...(file !== undefined && { token: firstToken(file) }) };
}

function configuredAt(path: string): { readonly endpoint: string; readonly tokenFile: string | undefined } {
  const { endpoint, auth } = configAt(path).telemetry.console;
  if (endpoint === undefined) throw new UserError([`${path}  telemetry.console.endpoint is not set`]);
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(endpoint) ?? [];
  return { endpoint: `${reachedHost(host)}:${port}`, tokenFile: auth.tokens[0]?.file };
}

/** The answer of the console, if it is a good one. Rejects with a ConsoleFault. */
export async function consoleAnswer({ url, token }: ConsoleAt, signal?: AbortSignal): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    // A redirect would take the token elsewhere.
    answer = await fetch(url, { headers, redirect: 'manual', ...(signal && { signal }) });
  } catch (error) {
    throw new ConsoleFault(
      `${url.href}  no answer: ${fetchFault(error)}; set telemetry.console.endpoint in the configuration of the running sidewatch, and give the same address here`,
      true,
    );
  }
  if (answer.ok) return answer;
  const said = (await answer.text().catch(() => '')).trim().slice(0, 500);
  if (answer.status === 401) throw new ConsoleFault(tokenFault(url, token), false);
  const what = said === '' || said.startsWith('<') ? '' : `: ${said}`;
  throw new ConsoleFault(`${url.href}  answered HTTP ${answer.status}${what}`, answer.status === 503);
}

function tokenFault({ href }: URL, token: string | undefined): string {
  return token === undefined
    ? `${href}  wants a token: give a file of telemetry.console.auth.tokens with --token-file`
    : `${href}  does not accept the token: it must be in a file of telemetry.console.auth.tokens of the running sidewatch`;
}

/** Why a `fetch`, or the reading of its answer, has failed. */
export function fetchFault(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || String(Object(cause).code) : message;
}
