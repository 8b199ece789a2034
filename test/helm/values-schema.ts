import * as z from 'zod';
import { schema as configuration } from '../../src/config/schema.ts';
import { KINDS } from '../../src/schema/kinds.ts';

// values.schema.json is made here: `config` from the schema of the configuration, the chart's own values from the tables below.
// helm checks values against it before it renders anything, so what a template refuses with a sentence must pass here.

type Json = Record<string, unknown>;

const anyMap: Json = { type: ['object', 'null'] };
const maps: Json = { type: ['array', 'null'], items: { type: 'object' } };
const texts: Json = { type: ['array', 'null'], items: { type: 'string' } };
const text: Json = { type: ['string', 'null'] };
const flag: Json = { type: ['boolean', 'null'] };
const whole: Json = { type: ['integer', 'null'], minimum: 0 };
const port: Json = { type: ['integer', 'null'], minimum: 1, maximum: 65_535 };
const percent: Json = { type: ['integer', 'null'], minimum: 0, maximum: 100 };
const wholeOrPercent: Json = { type: ['integer', 'string', 'null'] };
const oneOf = (...words: readonly string[]): Json => ({ enum: [...words, null] });
const textMap: Json = { type: ['object', 'null'], additionalProperties: { type: 'string' } };

function closed(properties: Json, required: readonly string[] = []): Json {
  return { type: ['object', 'null'], properties, required, additionalProperties: false };
}

const namesOrMaps: Json = {
  type: ['array', 'null'],
  items: { anyOf: [{ type: 'string' }, { type: 'object' }] },
};

const monitor = closed({
  enabled: flag,
  interval: text,
  scrapeTimeout: text,
  labels: textMap,
  annotations: textMap,
  relabelings: maps,
  metricRelabelings: maps,
  sampleLimit: whole,
  extraSpec: anyMap,
});

const security = closed({
  mode: oneOf('', 'tls', 'certManager', 'plaintext'),
  tls: closed({ secretName: text, certKey: text, keyKey: text }),
  certManager: closed({
    issuerRef: closed({ name: text, kind: text, group: text }),
    dnsNames: texts,
    ipAddresses: texts,
    duration: text,
    renewBefore: text,
  }),
  clientCA: closed({ secretName: text, key: text }),
  tokens: { type: ['array', 'null'], items: closed({ secretName: text, key: text, cluster: text }) },
});

const destinationSecret = closed({
  headers: {
    type: ['object', 'null'],
    additionalProperties: closed({ secretName: { type: 'string' }, key: { type: 'string' } }, [
      'secretName',
      'key',
    ]),
  },
  tls: closed({ secretName: { type: 'string' }, caKey: text, certKey: text, keyKey: text }, ['secretName']),
});

const receiver = closed({ enabled: flag, servicePort: port, nodePort: port }, ['servicePort']);

const persistence = closed({
  enabled: flag,
  existingClaim: text,
  size: { type: ['string', 'integer', 'null'] },
  storageClassName: text,
  accessModes: texts,
  retain: flag,
  annotations: textMap,
  labels: textMap,
  extraSpec: anyMap,
});

const CONTAINER_PORTS = ['otlpGrpc', 'otlpHttp', 'auditWebhook', 'metrics', 'health'];

const chartValues: Json = {
  // A parent chart may have these beside ours.
  global: { type: ['object', 'null'] },
  enabled: flag,
  nameOverride: text,
  fullnameOverride: text,
  namespaceOverride: text,
  commonLabels: textMap,
  commonAnnotations: textMap,
  image: closed({
    registry: text,
    repository: text,
    tag: text,
    digest: { type: ['string', 'null'], pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  }),
  imagePullSecrets: namesOrMaps,
  replicas: whole,
  persistence,
  security,
  rules: { type: ['object', 'null'], additionalProperties: { type: ['string', 'object', 'array'] } },
  lists: {
    type: ['object', 'null'],
    additionalProperties: { type: ['string', 'array'], items: { type: ['string', 'number'] } },
  },
  destinationSecrets: { type: ['object', 'null'], additionalProperties: destinationSecret },
  bindAddress: text,
  ports: closed(Object.fromEntries(CONTAINER_PORTS.map((name) => [name, port])), CONTAINER_PORTS),
  otlpHttp: receiver,
  auditWebhook: receiver,
  service: closed(
    {
      type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
      port,
      clusterIP: text,
      nodePort: port,
      annotations: textMap,
      labels: textMap,
      extraSpec: anyMap,
    },
    ['type', 'port'],
  ),
  serviceAccount: closed({ create: flag, name: text, annotations: textMap }),
  resources: anyMap,
  heapPercent: { ...percent, minimum: 1 },
  memoryLimitPercent: percent,
  podSecurityContext: anyMap,
  securityContext: anyMap,
  startupProbe: anyMap,
  livenessProbe: anyMap,
  readinessProbe: anyMap,
  terminationGracePeriodSeconds: whole,
  networkPolicy: closed({
    enabled: flag,
    allowIngressFrom: maps,
    allowWebhookFrom: maps,
    allowMetricsFrom: maps,
    extraIngress: maps,
    egress: maps,
    annotations: textMap,
  }),
  podDisruptionBudget: closed({
    enabled: flag,
    minAvailable: wholeOrPercent,
    maxUnavailable: wholeOrPercent,
    unhealthyPodEvictionPolicy: oneOf('', 'AlwaysAllow', 'IfHealthyBudget'),
    annotations: textMap,
  }),
  serviceMonitor: monitor,
  podMonitor: monitor,
  prometheusRule: closed({
    enabled: flag,
    labels: textMap,
    annotations: textMap,
    alertLabels: textMap,
    healthLabels: textMap,
    disabled: texts,
    alertAnnotations: textMap,
    runbookBaseUrl: text,
    extraGroups: maps,
  }),
  dashboards: closed({ enabled: flag, namespace: text, labels: textMap, annotations: textMap }),
  scanTest: closed({
    enabled: flag,
    rule: text,
    timeout: text,
    clientTLS: closed({ secretName: text, certKey: text, keyKey: text }),
    podAnnotations: textMap,
    resources: anyMap,
    extraArgs: texts,
  }),
  podAnnotations: textMap,
  podLabels: textMap,
  nodeSelector: textMap,
  tolerations: maps,
  affinity: anyMap,
  topologySpreadConstraints: maps,
  priorityClassName: text,
  runtimeClassName: text,
  schedulerName: text,
  hostAliases: maps,
  hostNetwork: flag,
  dnsPolicy: text,
  dnsConfig: anyMap,
  revisionHistoryLimit: whole,
  updateStrategy: anyMap,
  podManagementPolicy: oneOf('OrderedReady', 'Parallel'),
  extraContainerSpec: anyMap,
  extraPodSpec: anyMap,
  extraStatefulSetSpec: anyMap,
  statefulSetAnnotations: textMap,
  args: texts,
  extraArgs: texts,
  extraEnv: maps,
  extraEnvFrom: maps,
  extraVolumes: maps,
  extraVolumeMounts: maps,
  volumeClaimTemplates: maps,
  initContainers: maps,
  extraContainers: maps,
  lifecycle: anyMap,
  extraManifests: namesOrMaps,
};

/** The schema of values.yaml. */
export function valuesSchema(): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart sidewatch',
    $comment: 'Made from the schema of the configuration: npm run helm:gen',
    type: 'object',
    properties: { ...chartValues, config: configSchema() },
    // Where the chart has a default, null removes it: these must not be removed.
    required: ['ports', 'service'],
    additionalProperties: false,
    $defs: {
      later: {
        description: 'No value, or a reference that Sidewatch expands.',
        anyOf: [{ type: 'null' }, { type: 'string', pattern: '\\$\\{' }],
      },
      laterText: {
        description: 'The same, or a template of helm, whose result is text.',
        anyOf: [{ type: 'null' }, { type: 'string', pattern: '\\$\\{|\\{\\{' }],
      },
    },
  };
}

function configSchema(): Json {
  const { $schema: _, ...whole } = z.toJSONSchema(configuration, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { instead, orText } = KINDS.get(zodSchema as unknown as z.ZodType) ?? {};
      if (instead) Object.assign(jsonSchema, { instead });
      if (orText) Object.assign(jsonSchema, { type: ['array', 'string'] });
    },
  }) as Json;
  return { ...possiblyLater(whole), description: 'The configuration: docs/configuration.md' };
}

/** Every value may also be brought in later; and a key that Sidewatch wants may come from what the chart itself sets. */
function possiblyLater(node: Json): Json {
  const { required: _, default: filled, properties, additionalProperties, items, instead, ...own } = node;
  const each = (below: unknown) =>
    typeof below === 'object' && below !== null ? { additionalProperties: possiblyLater(below as Json) } : {};
  const strict: Json = {
    ...own,
    // YAML reads 1.3 as a number.
    ...(Array.isArray(own['enum']) && { enum: own['enum'].flatMap(alsoAsNumber) }),
    ...(properties !== undefined && {
      properties: {
        ...refusedKeys((instead ?? {}) as Json),
        ...Object.fromEntries(
          Object.entries(properties as Json).map(([key, below]) => [key, possiblyLater(below as Json)]),
        ),
      },
    }),
    ...(additionalProperties === false ? { additionalProperties } : each(additionalProperties)),
    ...(items !== undefined && { items: possiblyLater(items as Json) }),
  };
  const { description, ...rest } = strict;
  const later = rest['type'] === 'string' ? 'laterText' : 'later';
  if (Array.isArray(rest['enum'])) delete rest['type'];
  return {
    ...(description !== undefined && { description }),
    ...(filled !== undefined && !isMap(filled) && { default: filled }),
    // Not anyOf, whose errors name each branch at every level.
    ...(Object.keys(rest).length > 0 && { if: { $ref: `#/$defs/${later}` }, else: rest }),
  };
}

/** Keys that do not exist, each with the sentence that Sidewatch has for it. helm shows no text of a schema but a wanted value. */
function refusedKeys(instead: Json): Json {
  const refused = (sentence: unknown): Json => ({
    if: { type: 'null' },
    else: { const: `nothing. This key ${sentence}` },
  });
  return Object.fromEntries(Object.entries(instead).map(([key, sentence]) => [key, refused(sentence)]));
}

const isMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const alsoAsNumber = (word: unknown): readonly unknown[] =>
  typeof word === 'string' && /^\d+\.\d+$/.test(word) ? [word, Number(word)] : [word];
