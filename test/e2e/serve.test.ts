import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, test } from 'vitest';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { Micros } from '../../src/model/time.ts';
import { type AuditEvent, otlpBytes, refused, TEN } from '../support/events.ts';
import { sender } from '../support/grpc.ts';
import { grpcNextHop } from '../support/next-hop.ts';
import { ONE_RULE, sidewatch, startSidewatch } from '../support/sidewatch.ts';

const MYSELF = new URL(import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-serve-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LONDON = '81.2.69.142';
const scan = (n: number, ip = LONDON): AuditEvent[] =>
  Array.from({ length: n }, (_, i) => refused((TEN + (i + 1) * 1_000_000) as Micros, [ip]));

interface Backend extends AsyncDisposable {
  readonly url: string;
  readonly bodies: { readonly type: string; readonly bytes: Buffer }[];
  /** Resolves once so many requests were answered. */
  requests(n: number): Promise<void>;
}

async function backend(
  answer: (response: ServerResponse, n: number) => void = (response) => response.end(),
): Promise<Backend> {
  const bodies: Backend['bodies'] = [];
  let arrived = () => {};
  let n = 0;
  const server = createServer(async (request: IncomingMessage, response) => {
    // A sidecar that is killed ends in the midst of one.
    const raw = await buffer(request).catch(() => undefined);
    if (raw === undefined) return;
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    bodies.push({ type: request.headers['content-type'] ?? '', bytes });
    answer(response, n++);
    arrived();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    async requests(wanted) {
      while (bodies.length < wanted) await new Promise<void>((resolve) => (arrived = resolve));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('serve', () => {
  test('delivers over gRPC, each cluster with a tenant of its own', async () => {
    await using next = await grpcNextHop();
    const yaml = `destinations:
  siem:
    protocol: grpc
    endpoint: ${next.address}
    tls: {insecure: true}
    headers_from_event: {X-Scope-OrgID: {attribute: k8s.cluster.name, default: none}}`;
    await using running = await startSidewatch(yaml);
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6), { 'k8s.cluster.name': 'prod' }));
    await grpc.send(otlpBytes(scan(6, '81.2.69.143')));
    await grpc.send(otlpBytes(scan(6), { 'k8s.cluster.name': 'test' }));
    const { code, err } = await running.stop();
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(`risk events go to siem (http://${next.address})`),
    ]);
    const sent = next.received.flatMap(({ bytes, metadata }) =>
      fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs.map(({ resource }) => [
        metadata.get('x-scope-orgid')[0],
        resource?.attributes.find(({ key }) => key === 'k8s.cluster.name')?.value?.value.value,
      ]),
    );
    expect(new Set(sent.map(String))).toEqual(new Set(['prod,prod', 'none,', 'test,test']));
  });

  test('the environment names a destination over gRPC', async () => {
    await using next = await grpcNextHop();
    await using running = await startSidewatch('', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${next.address}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20t',
    });
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    expect((await running.stop()).code).toBe(0);
    expect(next.received.map(({ metadata }) => metadata.get('authorization'))).toContainEqual(['Bearer t']);
  });

  test('without a destination prints the risk event at the sixth request, the summary at SIGTERM, and exits 0', async () => {
    await using running = await startSidewatch();
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(5), { 'k8s.cluster.name': 'prod' }));
    await grpc.send(otlpBytes(scan(1), { 'k8s.cluster.name': 'prod' }));
    const risk = JSON.parse((await running.line())!);
    expect(risk).toMatchObject({
      eventName: 'sidewatch.risk',
      severityText: 'medium',
      body: `Kubernetes scanning from ip ${LONDON}`,
      attributes: {
        'client.geo.locality.name': 'London',
        'sidewatch.risk.score': 49,
        'sidewatch.count': 6,
        'sidewatch.rule.techniques': ['T1046'],
      },
      resource: { 'service.name': 'sidewatch', 'k8s.cluster.name': 'prod' },
    });
    await grpc.send(otlpBytes(scan(4), { 'k8s.cluster.name': 'prod' }));
    const { code, out, err } = await running.stop();
    const [, summary] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(summary).toMatchObject({
      eventName: 'sidewatch.summary',
      attributes: { 'sidewatch.count': 10, 'sidewatch.count.exact': true, 'sidewatch.window.cut': true },
    });
    expect(code).toBe(0);
    expect(err).toMatch(
      /listening for OTLP on .* 1 rule: 1 of .*kubernetes_api_scanning\.yml; risk events go to console \(stdout\)/,
    );
  });

  test.each(['http/json', 'http/protobuf'])('exports over OTLP/HTTP as %s', async (protocol) => {
    await using sink = await backend();
    await using running = await startSidewatch(
      `destinations: {siem: {endpoint: "${sink.url}", protocol: ${protocol}}}`,
    );
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    await sink.requests(1);
    const { type, bytes } = sink.bodies[0]!;
    const record =
      protocol === 'http/json'
        ? JSON.parse(bytes.toString()).resourceLogs[0].scopeLogs[0]
        : fromBinary(ExportLogsServiceRequestSchema, bytes).resourceLogs[0]!.scopeLogs[0]!;
    expect(type).toBe(protocol === 'http/json' ? 'application/json' : 'application/x-protobuf');
    expect(record.scope).toMatchObject({ name: 'sidewatch' });
    expect(record.logRecords[0]).toMatchObject({ eventName: 'sidewatch.risk', severityNumber: 13 });
    expect((await running.stop()).code).toBe(0);
  });

  test('the environment makes a destination, and its headers arrive', async () => {
    const seen: (string | undefined)[] = [];
    await using sink = await backend((response) => {
      seen.push(response.req.headers['authorization']);
      response.end();
    });
    await using running = await startSidewatch('', {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    await sink.requests(1);
    expect(seen).toEqual(['Bearer x']);
    const [resourceLogs] = fromBinary(ExportLogsServiceRequestSchema, sink.bodies[0]!.bytes).resourceLogs;
    expect(resourceLogs?.resource?.attributes.map(({ key }) => key)).toContain('deployment.environment.name');
  });

  test('a backend that fails for a while loses nothing', async () => {
    await using sink = await backend((response, n) => response.writeHead(n < 2 ? 503 : 200).end());
    await using running = await startSidewatch(
      `destinations: {siem: {endpoint: "${sink.url}", protocol: http/json, retry_on_failure: {initial_interval: 1ms, max_interval: 5ms}}}`,
    );
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    await sink.requests(3);
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(err).toMatch(/exported\{siem\}=2/); // the risk event, and the summary at the stop
  });

  test('undecodable bytes are INVALID_ARGUMENT, and the server lives', async () => {
    await using running = await startSidewatch();
    await using grpc = sender(running.grpc);
    await expect(grpc.send(Buffer.from('no protobuf'))).rejects.toMatchObject({ code: 3 });
    expect((await grpc.send(new Uint8Array())).partialSuccess).toBeUndefined();
  });

  test('malformed records are a partial success; their neighbours are taken, and what is no audit event is left alone', async () => {
    await using running = await startSidewatch();
    await using grpc = sender(running.grpc);
    const answer = await grpc.send(
      otlpBytes([...scan(3), '{"auditID": cut', 'a line of some other log', ...scan(3)]),
    );
    expect(answer.partialSuccess).toMatchObject({
      rejectedLogRecords: 1n,
      errorMessage: expect.stringMatching(/JSON/),
    });
    expect(JSON.parse((await running.line())!).attributes['sidewatch.count']).toBe(6);
  });

  test('records without an audit event are accepted, and the log says so', async () => {
    await using running = await startSidewatch();
    await using grpc = sender(running.grpc);
    const logged = running.says(/no audit event has come yet/);
    expect((await grpc.send(otlpBytes(['2026 a secret line']))).partialSuccess).toBeUndefined();
    const line = await logged;
    expect(line).toMatch(/1 of 1 records were ignored \(1 text, the last one text that begins with digits\)/);
    expect(line).not.toContain('secret');
  });

  test('while the outbox is full, requests with hits are UNAVAILABLE with a time to come back; others pass', async () => {
    await using sink = await backend((response) => response.writeHead(503).end());
    await using running = await startSidewatch(
      `destinations: {siem: {endpoint: "${sink.url}", sending_queue: {queue_size: 1}, retry_on_failure: {initial_interval: 1h, max_interval: 1h}}}\ndelivery: {drain: 0s}`,
    );
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    const refusal = await grpc.send(otlpBytes(scan(6, '175.16.199.1'))).catch((error) => error);
    expect(refusal).toMatchObject({
      code: 14,
      details: expect.stringContaining('the outbox is full: 1 of 1 risk events wait for siem'),
    });
    expect(refusal.metadata.get('grpc-status-details-bin')).toHaveLength(1);
    expect((await grpc.send(otlpBytes(['other']))).partialSuccess).toBeUndefined();
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(err).toMatch(/1 risk events were not delivered to siem/);
    expect(err).toMatch(/groups_unclosed=1 /);
  });

  test('above the limit of memory_limiter requests are UNAVAILABLE with a time to come back', async () => {
    await using running = await startSidewatch(
      'memory_limiter: {limit_mib: 16, spike_limit_mib: 15, check_interval: 100ms}',
    );
    await using grpc = sender(running.grpc);
    await running.says(/requests are refused until memory is free/);
    const refusal = await grpc.send(otlpBytes(scan(6))).catch((error) => error);
    expect(refusal).toMatchObject({ code: 14, details: expect.stringContaining('MiB of memory are in use') });
    expect(refusal.metadata.get('grpc-status-details-bin')).toHaveLength(1);
    const { code, err } = await running.stop();
    expect(code).toBe(0);
    expect(err).toMatch(/requests\{overloaded\}=1 .*memory_refused=1/);
  });

  test('records of our own scope are never detected on', async () => {
    // A risk event that comes back to us holds no audit event; here it even would.
    await using running = await startSidewatch();
    await using grpc = sender(running.grpc);
    const { create, toBinary } = await import('@bufbuild/protobuf');
    const request = create(ExportLogsServiceRequestSchema, {
      resourceLogs: [
        {
          scopeLogs: [
            {
              scope: { name: 'sidewatch' },
              logRecords: scan(6).map((event) => ({
                body: { value: { case: 'stringValue' as const, value: JSON.stringify(event) } },
              })),
            },
          ],
        },
      ],
    });
    await grpc.send(toBinary(ExportLogsServiceRequestSchema, request));
    expect((await running.stop()).out).toBe('');
  });
});

describe('a stop', () => {
  const atTheStop = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).eventName);

  // npm passes signals on to what it started, and a terminal sends Ctrl-C to npm and to the sidecar alike.
  test.each([
    ['SIGTERM to npm', 1, 'SIGTERM'],
    ['Ctrl-C', -1, 'SIGINT'],
  ] as const)('of `npm start` by %s is one in order', async (_, group, signal) => {
    await using running = await startSidewatch('', {}, ONE_RULE, {
      launcher: ['npm', 'start', '--silent', '--'],
    });
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    process.kill(group * running.pid, signal);
    const { code, out, err } = await running.ended;
    expect(atTheStop(out)).toEqual(['sidewatch.risk', 'sidewatch.summary']);
    expect(err).toMatch(/stopped: requests\{accepted\}=1/);
    expect(code).toBe(0);
  });

  test('says so where nothing was received', async () => {
    await using running = await startSidewatch();
    expect((await running.stop()).err).toMatch(/ {2}stopped: nothing was received\n$/);
  });

  test('that takes long is cut short by a further signal', async () => {
    await using sink = await backend((response) => response.writeHead(503).end());
    await using running = await startSidewatch(
      `destinations: {siem: {endpoint: "${sink.url}"}}\ndelivery: {drain: 10m}`,
    );
    await using grpc = sender(running.grpc);
    await grpc.send(otlpBytes(scan(6)));
    // What comes within a second of the first is its echo; the ones after it are meant.
    const again = setInterval(() => running.signal('SIGTERM'), 100);
    const { code, err } = await running.ended.finally(() => clearInterval(again));
    expect(err).toMatch(/stopped at once by a second signal: [12] risk events were not delivered/);
    expect(code).toBe(1);
  });
});

describe('rules that change while serve runs', () => {
  const rule = (title: string) =>
    `title: ${title}\nid: 11111111-1111-4111-8111-111111111111\nname: listing\nlevel: low\n` +
    'logsource: {product: kubernetes, service: audit}\ndetection: {selection: {verb: list}, condition: selection}\n';

  test('are read again at SIGHUP; a broken set keeps the one in force; the console shows what they did', async () => {
    const file = join(folder, 'hot.yml');
    writeFileSync(file, rule('First'));
    await using running = await startSidewatch(
      'telemetry: {console: {endpoint: "127.0.0.1:0"}}',
      {},
      `rules: {packs: [], files: [${JSON.stringify(file)}]}`,
    );
    await using grpc = sender(running.grpc);
    const title = async () => {
      await grpc.send(otlpBytes(scan(1)));
      return JSON.parse((await running.line())!).attributes['security_rule.name'];
    };
    expect(await title()).toBe('First');

    writeFileSync(file, rule('Broken').replace('verb', 'verb|nonsense'));
    const refused = running.says(/hot\.yml:\d+/);
    process.kill(running.pid, 'SIGHUP');
    expect(await refused).toContain('"nonsense" is not a modifier');
    expect(await title()).toBe('First');

    writeFileSync(file, rule('Second'));
    const reloaded = running.says(/were reloaded/);
    process.kill(running.pid, 'SIGHUP');
    expect(await reloaded).toContain('changed, windows kept: Second');
    expect(await title()).toBe('Second');

    const { out, code } = await sidewatch(['rules', 'list', '--live', running.console]);
    expect(code).toBe(0);
    expect(out).toMatch(/^listing +3 +0 +3 +0 +\d{4}-\d\d-\d\dT/m);
    const { err } = await running.stop();
    expect(err).toMatch(/reloads\{replaced\}=1/);
  });

  test('rules list --live says what to do when it gets no answer', async () => {
    const { code, err } = await sidewatch(['rules', 'list', '--live', '127.0.0.1:1']);
    expect([code, err]).toEqual([1, expect.stringContaining('set telemetry.console.endpoint')]);
  });
});

describe('serve refuses to start with one clear line and exit code 1', () => {
  const config = (yaml: string) => {
    const path = join(folder, 'bad.yaml');
    writeFileSync(path, yaml);
    return ['serve', '--config', path];
  };
  const oneLine = async (args: readonly string[], text: RegExp, env = {}) => {
    const { code, out, err } = await sidewatch(args, { env });
    expect(err.trim().split('\n')).toEqual([expect.stringMatching(text)]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  };

  test('where the port is in use', async () => {
    const taken = createTcp().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    await oneLine(
      config(`receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${port}"}}}}`),
      new RegExp(`127.0.0.1:${port}.*in use`),
    );
    taken.close();
  });

  test('where the configuration cannot be read', () =>
    oneLine(['serve', '--config', join(folder, 'none.yaml')], /none\.yaml {2}cannot be read: no such file/));

  test('where a key is wrong', () =>
    oneLine(
      config('recievers: {}'),
      /bad\.yaml:1 {2}recievers {2}is not a key here; did you mean "receivers"\?/,
    ));

  test('where the geo database is missing', () =>
    oneLine(config('geo: {city: /nowhere/city.mmdb}'), /city\.mmdb/));

  test('where the geo database is broken', () =>
    oneLine(config(`geo: {city: ${MYSELF}}`), /bad\.yaml:1 {2}geo\.city {2}geo database .* no MaxMind DB/));

  test('where a certificate is none', () =>
    oneLine(
      config(`destinations: {siem: {endpoint: "https://127.0.0.1:1", tls: {ca_file: ${MYSELF}}}}`),
      /bad\.yaml:1 {2}destinations\.siem\.tls\.ca_file {2}.* holds no certificate/,
    ));

  test('where a rule file is broken', () => {
    writeFileSync(
      join(folder, 'bad-rule.yml'),
      'title: No detection\nlogsource: {product: kubernetes, service: audit}\n',
    );
    return oneLine(
      config(`rules: {files: ["${join(folder, 'bad-rule.yml')}"]}`),
      /bad-rule\.yml:\d+ {2}.*detection/,
    );
  });

  test('where the environment wants a protocol that is none', () =>
    oneLine(config(''), /OTEL_EXPORTER_OTLP_PROTOCOL.*has "udp"/, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'udp',
    }));
});
