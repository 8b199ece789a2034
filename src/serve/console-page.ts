import type { Config } from '../config/schema.ts';
import { seconds } from '../lib/time-format.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';
import type { SecretFiles } from '../setup/receiver-files.ts';
import { startChangingFiles } from './changing-files.ts';
import { consoleGuard } from './console-guard.ts';
import { livePages } from './live/live-pages.ts';
import { type FiredWatch, liveRisk } from './live/live-risk.ts';
import { type LiveParts, liveStateText } from './live/live-state.ts';
import { LiveStream, type Wanted } from './live/live-stream.ts';
import { jsonPage, type PageServer, type Stream, startPageServer } from './page-server.ts';
import { startPeriodic } from './periodic.ts';
import { ruleActivity } from './rule-activity.ts';
import type { RulesInForce } from './rules-in-force.ts';

/** How often token files are read again, and how often readers see that the connection lives. */
const TOKENS_INTERVAL = seconds(60);
const BEAT = seconds(15);
const STATE = seconds(1);

export interface RunningConsole extends PageServer {
  readonly fired: FiredWatch;
}

interface ConsoleParts extends Omit<LiveParts, 'rules' | 'ruleName' | 'counters' | 'state'> {
  readonly inForce: RulesInForce;
  readonly state: LiveParts['state'] & { unwatch(): void };
  /** See OpenResources. */
  readonly readers: SecretFiles['tokens'];
  readonly counters: ReadableCounters;
  readonly log: Log;
}

/** The console at telemetry.console.endpoint, if that is set: the live page, and what `rules list --live` and `tail` read. */
export async function startConsole(
  { telemetry }: Config,
  { inForce, readers, log, ...parts }: ConsoleParts,
): Promise<RunningConsole | undefined> {
  const { endpoint } = telemetry.console;
  if (endpoint === undefined) return undefined;
  const { counters } = parts;
  const live = { ...parts, rules: () => inForce.loaded.rules, ruleName: inForce.ruleName };
  const what = { what: 'the token files of telemetry.console', counter: 'receiver_files' } as const;
  const tokens = readers && startChangingFiles(readers, TOKENS_INTERVAL, what, counters, log);
  const stream = new LiveStream(counters);
  const periodic = [
    startPeriodic(BEAT, () => stream.beat()),
    startPeriodic(STATE, () => {
      if (stream.has('all')) stream.send('state', liveStateText(live));
      else live.state.unwatch();
    }),
  ];
  const stopOwn = () => {
    for (const part of [...periodic, ...(tokens ? [tokens] : [])]) void part.stop(AbortSignal.abort());
  };
  const pages = livePages();
  const refuse = consoleGuard(tokens?.now, new Set(Object.keys(pages)));
  const opens =
    (wanted: Wanted, path: string): Stream =>
    (response) => {
      // A token that is taken out of its file ends what was opened with it.
      const why = stream.open(response, wanted, () => refuse(response.req, path) === undefined);
      return why === undefined
        ? undefined
        : { status: 503, type: 'text/plain; charset=utf-8', body: `${why}\n` };
    };
  try {
    const server = await startPageServer(
      endpoint,
      'telemetry.console.endpoint',
      {
        ...pages,
        '/rules': () => jsonPage(ruleActivity(inForce.loaded.ruleSet, inForce.detector(), counters)),
      },
      {
        refuse,
        streams: { '/live': opens('risk', '/live'), '/live/all': opens('all', '/live/all') },
      },
    );
    return {
      address: server.address,
      fired: liveRisk(stream, inForce.ruleName),
      async stop() {
        stopOwn();
        await server.stop();
      },
    };
  } catch (error) {
    stopOwn();
    throw error;
  }
}
