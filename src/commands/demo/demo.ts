import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainText } from '../../lib/plain-text.ts';
import { tacticName, techniqueName } from '../../semantics/attack.ts';
import { sendAsCollector } from '../collector/send-as-collector.ts';
import { atEnd } from './at-end.ts';
import { RECORDED_ADDRESS, recordedDay, SHOWN_ADDRESS } from './recorded-day.ts';
import { startSidecar } from './sidecar.ts';
import { type SinkRecord, startSink } from './sink.ts';

const CLUSTER = 'demo-cluster';
/** Kubernetes API Scanning, of the sidewatch pack. */
const SCANNING = 'f7deeb46-3232-491c-b7b0-8f0ba2d724af';
/** In milliseconds. A risk event takes much less; after this time something is broken. */
const PATIENCE = 30_000;

/** The commands as the user types them: npm scripts in the source tree, `sidewatch` where the package is installed. */
const [REPLAY, SERVE] = import.meta.url.endsWith('.ts')
  ? ['npm run sidewatch -- replay FILE...', 'npm start']
  : ['sidewatch replay FILE...', 'sidewatch serve'];

/** Shows the whole path over real sockets. Resolves with the exit code: 1 if no risk event arrived. */
export async function demo(): Promise<number> {
  const say = (text = '') => process.stdout.write(`${text}\n`);
  const { lines, ordinary, scan } = recordedDay();
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-demo-'));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  atEnd(clean);
  const sink = await startSink();
  try {
    const config = join(folder, 'sidewatch.yaml');
    writeFileSync(config, configuration(sink.url));
    const sidecar = await startSidecar(config);
    try {
      say(
        `1. A sidecar is running. It receives OTLP/gRPC on ${sidecar.grpc}, and sends risk events to ${sink.url}.`,
      );
      const requests = await sendAsCollector(sidecar.grpc, lines, { cluster: CLUSTER });
      say(
        `2. It received a recorded day of a cluster, as a collector sends it: ${lines.length} audit records in ${requests} requests.`,
      );
      say(
        `   ${ordinary} records are ordinary work; between them are ${scan} records of a real kube-hunter scan. (In the recording the`,
      );
      say(
        `   scanner's address is ${RECORDED_ADDRESS}; the demo uses ${SHOWN_ADDRESS}, because that address has a location.)`,
      );
      const risk = await sink.next('sidewatch.risk', SCANNING, AbortSignal.timeout(PATIENCE));
      if (!risk) {
        say('No risk event arrived.');
        return 1;
      }
      say('3. It sent this risk event at the sixth refused request:');
      say();
      show(risk, say);
      say();
      const code = await sidecar.stop();
      const summary = await sink.next('sidewatch.summary', SCANNING, AbortSignal.timeout(PATIENCE));
      say(
        `4. The sidecar was stopped (SIGTERM, exit code ${code}). Before it ended, it closed its windows and sent the final count:`,
      );
      say(
        `   ${summary ? `${summary.attributes.get('sidewatch.count')} refused requests; "${plainText(summary.body)}"` : 'No summary arrived.'}`,
      );
      say();
      others(sink.received, say);
      say(`Next:  ${REPLAY.padEnd(40)} run the same rules on your own audit logs`);
      say(`       ${SERVE.padEnd(40)} run a sidecar on localhost:4317 that prints risk events`);
      return 0;
    } finally {
      sidecar.kill();
    }
  } finally {
    sink.stop();
    clean();
  }
}

const configuration = (sink: string): string =>
  `receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}}
destinations: {demo: {endpoint: ${JSON.stringify(sink)}, protocol: http/json, compression: none}}
`;

/** The risk events of other rules for the same records, the highest score first. */
function others(received: readonly SinkRecord[], say: (text: string) => void): void {
  const score = ({ attributes }: SinkRecord) => Number(attributes.get('sidewatch.risk.score'));
  const risks = received.filter(
    ({ eventName, attributes }) =>
      eventName === 'sidewatch.risk' && attributes.get('security_rule.uuid') !== SCANNING,
  );
  if (risks.length === 0) return;
  say('5. Other rules of the pack also fired (score and message):');
  for (const risk of risks.toSorted((a, b) => score(b) - score(a)))
    say(`   ${String(score(risk)).padStart(3)}  ${plainText(risk.body)}`);
  say('');
}

function show({ body, attributes }: SinkRecord, say: (text: string) => void): void {
  const get = (name: string) => {
    const value = attributes.get(name);
    return plainText(Array.isArray(value) ? value.join(', ') : String(value ?? ''));
  };
  const list = (name: string) => (attributes.get(name) ?? []) as readonly string[];
  const place = [get('client.geo.locality.name'), get('client.geo.country.name')].filter(
    (part) => part !== '',
  );
  const rows = [
    ['message', body],
    ['who', `${get('client.address')}  ${place.join(', ')}`],
    ['count', `at least ${get('sidewatch.count')} refused requests in an hour`],
    ['when', `${get('sidewatch.first_seen')} to ${get('sidewatch.last_seen')}`],
    ['user', get('sidewatch.values.user.username')],
    ['user agents', get('sidewatch.values.userAgent')],
    ['paths', get('sidewatch.values.requestURI')],
    [
      'risk score',
      `${get('sidewatch.risk.score')} (impact ${get('sidewatch.risk.impact')} x confidence ${get('sidewatch.risk.confidence')})`,
    ],
    [
      'technique',
      list('sidewatch.rule.techniques')
        .map((id) => `${id} ${techniqueName(id)}`)
        .join(', '),
    ],
    ['tactic', list('sidewatch.rule.tactics').map(tacticName).join(', ')],
    ['rule', `${get('security_rule.name')} (${get('security_rule.ruleset.name')})`],
  ] as const;
  for (const [label, text] of rows) say(`   ${label.padEnd(12)} ${text}`);
}
