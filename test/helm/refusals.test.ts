import { expect, test } from 'vitest';
import { refusal, type Values } from './render.ts';

const image = { repository: 'sidewatch' };
const closed = { image, security: { mode: 'plaintext' }, networkPolicy: { enabled: true } };
const tls = { mode: 'tls', tls: { secretName: 'a' } };

test.each<[string, Values, RegExp]>([
  [
    'no image',
    {},
    /image\.repository is empty: no image of Sidewatch is published.*`npm run image`.*kind load docker-image/,
  ],
  [
    'no mode',
    { image },
    /security\.mode is not set\. It has no default; choose one:\n.*tls .*\n.*certManager .*\n.*plaintext /,
  ],
  [
    'plaintext without a NetworkPolicy',
    { image, security: { mode: 'plaintext' } },
    /security\.mode plaintext leaves the receiver open .* set networkPolicy\.enabled=true/,
  ],
  [
    'plaintext with client certificates',
    { ...closed, security: { mode: 'plaintext', clientCA: { secretName: 'ca' } } },
    /security\.clientCA checks client certificates, which need TLS/,
  ],
  [
    'tls without a certificate',
    { image, security: { mode: 'tls' } },
    /security\.mode tls wants security\.tls\.secretName/,
  ],
  [
    'certManager without an issuer',
    { image, security: { mode: 'certManager' } },
    /security\.mode certManager wants security\.certManager\.issuerRef\.name/,
  ],
  [
    'tls without authentication',
    { image, security: tls },
    /security\.mode tls wants to know who sends: set security\.tokens .* or security\.clientCA\.secretName/,
  ],
  [
    'a token without its Secret',
    { image, security: { ...tls, tokens: [{ cluster: 'a' }] } },
    /security\.tokens: each entry wants secretName/,
  ],
  [
    'more than one replica',
    { ...closed, replicas: 2 },
    /replicas is 2, and only 1 works .*windows are in the memory of one process.* only one can open the store/,
  ],
  [
    'a claim that several nodes may write',
    { ...closed, persistence: { accessModes: ['ReadWriteMany'] } },
    /persistence\.accessModes has ReadWriteMany, but one process alone may write the store/,
  ],
  [
    'a claim without a size',
    { ...closed, persistence: { size: null } },
    /persistence\.size is empty, and a claim needs it/,
  ],
  [
    'a volume of another with the name of ours',
    { ...closed, extraVolumes: [{ name: 'store', emptyDir: {} }] },
    /extraVolumes has a volume `store`, which is the name of the volume of persistence/,
  ],
  [
    'a template of claims with the name of our volume',
    { ...closed, volumeClaimTemplates: [{ metadata: { name: 'store' } }] },
    /volumeClaimTemplates has a volume `store`/,
  ],
  [
    'a volume beside a store in memory',
    { ...closed, config: { storage: { kind: 'memory' } } },
    /persistence\.enabled makes a volume, but config\.storage keeps everything in memory: set persistence\.enabled=false/,
  ],
  [
    'a volume beside no store',
    { ...closed, config: { storage: null } },
    /persistence\.enabled makes a volume, but config\.storage keeps everything in memory/,
  ],
  [
    'a store that is not on its volume',
    { ...closed, config: { storage: { directory: '/var/lib/sidewatch2' } } },
    /config\.storage\.directory is \/var\/lib\/sidewatch2, which is not on the volume of persistence \(\/var\/lib\/sidewatch\)/,
  ],
  [
    'a drain that ends after the pod',
    { ...closed, config: { delivery: { drain: '1m' } } },
    /terminationGracePeriodSeconds is 30, not more than config\.delivery\.drain \(1m\).* Set it to 65 or more/,
  ],
  [
    'a health page that is gone while probes ask it',
    { ...closed, config: { telemetry: { health: null } } },
    /config\.telemetry\.health\.endpoint is removed, but the probes ask port 14133/,
  ],
  [
    'metrics that are gone while a monitor scrapes them',
    { ...closed, podMonitor: { enabled: true }, config: { telemetry: null } },
    /config\.telemetry\.(health|metrics)\.endpoint is removed/,
  ],
  [
    'a receiver at another port than the Service',
    { ...closed, config: { receivers: { otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' } } } } } },
    /endpoint is 0\.0\.0\.0:4317, but the Service sends to port 14317 .* set ports\.otlpGrpc and bindAddress/,
  ],
  [
    'a receiver that is gone',
    { ...closed, config: { receivers: null } },
    /config\.receivers\.otlp\.protocols\.grpc\.endpoint is removed/,
  ],
  [
    'OTLP over HTTP at another port than the Service',
    {
      ...closed,
      otlpHttp: { enabled: true },
      config: { receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } } },
    },
    /endpoint is 0\.0\.0\.0:4318, but the Service sends to port 14318 .* set ports\.otlpHttp and bindAddress/,
  ],
  [
    'OTLP over HTTP that is on and removed',
    {
      ...closed,
      otlpHttp: { enabled: true },
      config: { receivers: { otlp: { protocols: { http: null } } } },
    },
    /protocols\.http\.endpoint is removed, but .* leave it to the chart, or set otlpHttp\.enabled=false/,
  ],
  [
    'an audit webhook on loopback',
    {
      image,
      security: { ...tls, tokens: [{ secretName: 'b' }] },
      auditWebhook: { enabled: true },
      config: { receivers: { kubernetes_audit_webhook: { endpoint: 'localhost:9765' } } },
    },
    /config\.receivers\.kubernetes_audit_webhook\.endpoint is localhost:9765, which is the pod's own loopback/,
  ],
  [
    'an audit webhook in plaintext that every source may reach',
    { ...closed, auditWebhook: { enabled: true } },
    /auditWebhook with security\.mode plaintext wants networkPolicy\.allowWebhookFrom/,
  ],
  [
    'an audit webhook without authentication, where only gRPC may be without',
    {
      image,
      security: tls,
      auditWebhook: { enabled: true },
      config: { receivers: { otlp: { protocols: { grpc: { allow_unauthenticated: true } } } } },
    },
    /To accept everybody, say so: config\.receivers\.kubernetes_audit_webhook\.allow_unauthenticated=true/,
  ],
  [
    'a receiver without a port of the Service',
    { ...closed, otlpHttp: { enabled: true, servicePort: null } },
    /missing property 'servicePort'/,
  ],
  [
    'a health page on loopback',
    { ...closed, config: { telemetry: { health: { endpoint: 'localhost:14133' } } } },
    /the pod's own loopback address, but the probes ask it from outside/,
  ],
  [
    "plaintext on the host's network",
    { ...closed, hostNetwork: true },
    /security\.mode plaintext needs a NetworkPolicy that works/,
  ],
  [
    'an older name of a key',
    { ...closed, config: { delivery: { outbox: 5 } } },
    /at '\/config\/delivery\/outbox': .* has another name: write destinations\.NAME\.sending_queue\.queue_size/,
  ],
  [
    'a key of a collector',
    { ...closed, config: { exporters: { otlp: {} } } },
    /at '\/config\/exporters': .* belongs to a collector: .* under destinations/,
  ],
  ['no ports', { ...closed, ports: null }, /missing property 'ports'/],
  ['a port without a number', { ...closed, ports: { health: null } }, /missing property 'health'/],
  [
    'two monitors',
    { ...closed, serviceMonitor: { enabled: true }, podMonitor: { enabled: true } },
    /Prometheus would count everything twice/,
  ],
  [
    'a rule that is no YAML file',
    { ...closed, rules: { 'a.txt': 'x' } },
    /rules: "a\.txt" is no name for a file of rules/,
  ],
  ['a list with a bad name', { ...closed, lists: { 'a b': ['x'] } }, /lists: "a b" is no name for a list/],
  [
    'secrets of an unknown destination',
    {
      ...closed,
      config: { destinations: { siem: { endpoint: 'http://a' } } },
      destinationSecrets: { sim: { headers: { a: { secretName: 's', key: 'k' } } } },
    },
    /destinationSecrets: "sim" is no destination: config\.destinations has siem/,
  ],
  [
    'two headers in one variable',
    {
      ...closed,
      config: { destinations: { 'a-b': { endpoint: 'http://a' }, a_b: { endpoint: 'http://b' } } },
      destinationSecrets: {
        'a-b': { headers: { x: { secretName: 's', key: 'k' } } },
        a_b: { headers: { x: { secretName: 's', key: 'k' } } },
      },
    },
    /would be one environment variable \(SIDEWATCH_HEADER_A_B_X\)/,
  ],
  [
    'a limit that is no quantity',
    { ...closed, resources: { limits: { memory: 'much' } } },
    /resources\.limits\.memory much is no quantity of memory/,
  ],
  [
    'a key that is not there',
    { ...closed, tolerration: [] },
    /additional properties 'tolerration' not allowed/,
  ],
  [
    'a key of the configuration that is not there',
    { ...closed, config: { limits: { grops: 5 } } },
    /at '\/config\/limits': additional properties 'grops' not allowed/,
  ],
  [
    'a value of the configuration of another kind',
    { ...closed, config: { limits: { groups: 'many' } } },
    /at '\/config\/limits\/groups': got string, want integer/,
  ],
  ['a word for the mode that is none', { ...closed, security: { mode: 'open' } }, /at '\/security\/mode'/],
])('%s does not render', (_, values, sentence) => {
  expect(refusal(undefined, values)).toMatch(sentence);
});
