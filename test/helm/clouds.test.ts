import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { EXTENSIONS, RECEIVERS } from '../support/collector-keys.ts';
import { CLOUD_COLLECTORS, cloudCollector, EXAMPLES, example, type Yaml } from '../support/examples.ts';
import { sidewatch } from '../support/sidewatch.ts';
import { podFiles } from './pod-files.ts';
import { type Manifest, manifests, only, runHelm } from './render.ts';
import { faultsInKubernetes, KUBERNETES } from './strict-schemas.ts';

// The examples for managed clusters and OpenShift.

const ACCOUNT = '111122223333';
const json = (file: string): Yaml => JSON.parse(readFileSync(`${EXAMPLES}${file}`, 'utf8'));
const COLLECTOR = example('clouds/collector.yaml');
const CLOUDWATCH = example('eks/cloudwatch.yaml');
const FIREHOSE = example('eks/firehose.yaml');
const STREAM = json('eks/firehose-stream.json');
const ACCOUNT_NAME: string = COLLECTOR.serviceAccount.name;
const [GROUP] = Object.keys(CLOUDWATCH.config.receivers.aws_cloudwatch.logs.groups.named) as [string];

test.each([...globSync('{clouds,eks,gke,aks,openshift}/**/*.{yaml,json}', { cwd: EXAMPLES })])(
  '%s is valid YAML or JSON',
  (file) => {
    const text = readFileSync(`${EXAMPLES}${file}`, 'utf8');
    if (file.endsWith('.json')) expect(() => JSON.parse(text)).not.toThrow();
    else
      for (const { errors, warnings } of parseAllDocuments(text))
        expect([...errors, ...warnings]).toEqual([]);
  },
);

describe('the policies for IAM', () => {
  const text = z.string().min(1);
  const action = z.string().regex(/^[a-z0-9-]+:[A-Z][A-Za-z]+$/, 'an action without wildcards');
  const oneOrMore = <One extends z.ZodType>(one: One) => z.union([one, z.array(one).min(1)]);
  const arn = z.string().regex(/^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:[^\s]+$/);
  const policy = (statement: z.ZodRawShape) =>
    z.strictObject({
      Version: z.literal('2012-10-17'),
      Statement: z
        .array(
          z.strictObject({
            Sid: z.string().regex(/^\w+$/).optional(),
            Effect: z.literal('Allow'),
            ...statement,
          }),
        )
        .min(1),
    });
  const PERMISSIONS = policy({ Action: oneOrMore(action), Resource: oneOrMore(arn) });
  const TRUST = policy({
    Principal: z.union([z.strictObject({ Service: text }), z.strictObject({ Federated: arn })]),
    Action: oneOrMore(z.enum(['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:TagSession'])),
    Condition: z.partialRecord(z.enum(['StringEquals', 'StringLike']), z.record(text, text)).optional(),
  });

  test.each([...globSync('eks/iam/*.json', { cwd: EXAMPLES })])('%s is one', (file) => {
    const shape = basename(file).startsWith('trust-') ? TRUST : PERMISSIONS;
    expect(shape.safeParse(json(file)).error?.issues).toBeUndefined();
  });

  test('let the collector read the log group of its receiver, and nothing else', () => {
    const [{ Action, Resource }] = json('eks/iam/read-audit-logs.json').Statement;
    expect(Action).toBe('logs:FilterLogEvents');
    const { region } = CLOUDWATCH.config.receivers.aws_cloudwatch;
    const group = `arn:aws:logs:${region}:${ACCOUNT}:log-group:${GROUP}`;
    expect(Resource).toEqual([group, `${group}:*`]);
  });

  test("trust the collector's service account", () => {
    const [{ Principal, Condition }] = json('eks/iam/trust-irsa.json').Statement;
    const provider = Principal.Federated.replace(/^.*:oidc-provider\//, '');
    expect(Condition.StringEquals).toEqual({
      [`${provider}:aud`]: 'sts.amazonaws.com',
      [`${provider}:sub`]: `system:serviceaccount:audit:${ACCOUNT_NAME}`,
    });
    const { iam, metadata, cloudWatch } = example('eks/eksctl.yaml');
    const roleARN = CLOUDWATCH.serviceAccount.annotations['eks.amazonaws.com/role-arn'];
    expect(iam.podIdentityAssociations).toEqual([
      { namespace: 'audit', serviceAccountName: ACCOUNT_NAME, roleARN },
    ]);
    expect(cloudWatch.clusterLogging.enableTypes).toEqual(['audit']);
    expect(GROUP).toBe(`/aws/eks/${metadata.name}/cluster`);
  });

  test('fit the stream of Firehose', () => {
    const { DeliveryStreamName, HttpEndpointDestinationConfiguration: endpoint } = STREAM;
    const [{ Resource }] = json('eks/iam/logs-to-firehose.json').Statement;
    expect(Resource).toMatch(new RegExp(`:deliverystream/${DeliveryStreamName}$`));
    const bucket = endpoint.S3Configuration.BucketARN;
    expect(json('eks/iam/firehose-to-s3.json').Statement[0].Resource).toEqual([bucket, `${bucket}/*`]);
    const [{ host, paths }] = FIREHOSE.ingress.hosts;
    expect(endpoint.EndpointConfiguration.Url).toBe(`https://${host}/`);
    expect(paths[0].port).toBe(FIREHOSE.ports.firehose.servicePort);
    // What the API accepts.
    const { BufferingHints: hints, RetryOptions: retry } = endpoint;
    expect(hints.IntervalInSeconds).toBeLessThanOrEqual(900);
    expect(hints.SizeInMBs).toBeLessThanOrEqual(64);
    expect(retry.DurationInSeconds).toBeLessThanOrEqual(7200);
  });
});

describe.each(CLOUD_COLLECTORS)('the collector of %s', (file) => {
  const { receivers, extensions, exporters, service } = cloudCollector(file);

  test('has keys of its components only', () => {
    for (const [id, own] of Object.entries(receivers))
      expect(RECEIVERS[id]!.safeParse(own).error?.issues, id).toBeUndefined();
    for (const [id, own] of Object.entries(extensions))
      if (id.endsWith('_encoding')) expect(EXTENSIONS[id]!.safeParse(own).error?.issues, id).toBeUndefined();
  });

  test('names parts that are there', () => {
    expect(Object.keys(extensions).toSorted()).toEqual(service.extensions.toSorted());
    expect(service.pipelines).toEqual({
      'logs/sidewatch': { receivers: Object.keys(receivers), exporters: Object.keys(exporters) },
    });
    const [receiver] = Object.values<Yaml>(receivers);
    for (const id of [
      receiver.storage,
      receiver.encoding,
      exporters['otlp_grpc/sidewatch'].sending_queue.storage,
    ])
      if (id !== undefined) expect(extensions).toHaveProperty([id]);
  });

  test('has each environment variable that its configuration names', () => {
    const own = example(`${file}.yaml`);
    const given = (own.extraEnvs ?? COLLECTOR.extraEnvs).map(({ name }: { name: string }) => name);
    const named = JSON.stringify({ receivers, exporters }).matchAll(/\$\{env:(\w+)\}/g);
    const missing = [...named]
      .map(([, name]) => name)
      .filter((name) => name !== 'MY_POD_IP' && !given.includes(name));
    expect(missing).toEqual([]);
  });
});

test('the data access logs of GKE are those of the API of Kubernetes Engine', () => {
  expect(json('gke/audit-configs.json')).toEqual({
    auditConfigs: [
      {
        service: 'container.googleapis.com',
        auditLogConfigs: ['ADMIN_READ', 'DATA_READ', 'DATA_WRITE'].map((logType) => ({ logType })),
      },
    ],
  });
});

test('AKS sends kube-audit, which has reads', () => {
  expect(json('aks/diagnostic-logs.json')).toEqual([{ category: 'kube-audit', enabled: true }]);
});

describe('Sidewatch', () => {
  const rendered = (folder: string): readonly Manifest[] => {
    const values = `${EXAMPLES}${folder}/sidewatch.yaml`;
    const { code, out, err } = runHelm([
      'template',
      'sidewatch',
      'helm/sidewatch',
      '-n',
      'security',
      '-f',
      values,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return manifests(out);
  };
  const installed = { clouds: rendered('clouds'), openshift: rendered('openshift') };
  const configOf = (all: readonly Manifest[]) =>
    parse(only(all, 'ConfigMap', /^sidewatch$/).data!['sidewatch.yaml']!);
  const tokensOf = (all: readonly Manifest[]) => configOf(all).receivers.otlp.protocols.grpc.auth.tokens;

  test.each(KUBERNETES)('and the forwarder of OpenShift are valid in Kubernetes %s', (version) => {
    const forwarder = forwarderManifests().filter(({ kind }) => kind !== 'ClusterLogForwarder');
    expect(faultsInKubernetes(version, { ...installed, forwarder })).toBe('');
  });

  test.each(['clouds', 'openshift'] as const)('of %s has a valid configuration', async (folder) => {
    using files = podFiles(installed[folder]);
    const ran = await sidewatch(['config', 'check', files.config], { env: { MY_POD_IP: '10.0.0.7' } });
    expect(ran).toMatchObject({ code: 0, err: '' });
  });

  test('takes the name of a cluster from the envelope, on OpenShift from the token', () => {
    expect(tokensOf(installed.clouds)[0]).not.toHaveProperty('cluster');
    expect(tokensOf(installed.openshift)[0]).toMatchObject({ cluster: 'prod-eu-1' });
  });

  test('is where the senders look for it', () => {
    const ports = (all: readonly Manifest[]) =>
      only(all, 'Service', /^sidewatch$/).spec.ports.map(({ port }: { port: number }) => port);
    expect(COLLECTOR.config.exporters['otlp_grpc/sidewatch'].endpoint).toBe('sidewatch.security.svc:4317');
    expect(ports(installed.clouds)).toContain(4317);
    const [{ otlp }] = forwarderSpec().outputs;
    expect(otlp.url).toBe('https://sidewatch.security.svc:4318/v1/logs');
    expect(ports(installed.openshift)).toContain(4318);
  });
});

function forwarderManifests(): readonly Manifest[] {
  return manifests(readFileSync(`${EXAMPLES}openshift/forwarder.yaml`, 'utf8'));
}

function forwarderSpec(): Yaml {
  return only(forwarderManifests(), 'ClusterLogForwarder').spec;
}

test("the forwarder has keys of OpenShift's resource only", () => {
  const name = z.string().regex(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/);
  const shape = z.strictObject({
    serviceAccount: z.strictObject({ name }),
    inputs: z.tuple([
      z.strictObject({
        name,
        type: z.literal('audit'),
        audit: z.strictObject({ sources: z.array(z.enum(['kubeAPI', 'openshiftAPI', 'auditd', 'ovn'])) }),
      }),
    ]),
    outputs: z.tuple([
      z.strictObject({
        name,
        type: z.literal('otlp'),
        otlp: z.strictObject({
          url: z.url(),
          authentication: z.strictObject({
            token: z.strictObject({
              from: z.literal('secret'),
              secret: z.strictObject({ name, key: z.string() }),
            }),
          }),
          tuning: z.strictObject({
            deliveryMode: z.enum(['AtLeastOnce', 'AtMostOnce']),
            compression: z.enum(['gzip', 'none']),
          }),
        }),
        tls: z.strictObject({ ca: z.strictObject({ configMapName: z.string(), key: z.string() }) }),
      }),
    ]),
    pipelines: z.tuple([z.strictObject({ name, inputRefs: z.array(name), outputRefs: z.array(name) })]),
  });
  const spec = shape.parse(forwarderSpec());
  expect(spec.pipelines[0]).toMatchObject({
    inputRefs: [spec.inputs[0].name],
    outputRefs: [spec.outputs[0].name],
  });
});

// The chart of the collector is not in this repository. Its folder comes in by an environment variable.
const CHART = process.env['SIDEWATCH_UPSTREAM_CHART'];

test.skipIf(!CHART).each(CLOUD_COLLECTORS)('the chart of the collector renders with %s', (file) => {
  const values = ['clouds/collector', file].flatMap((one) => ['-f', `${EXAMPLES}${one}.yaml`]);
  const { code, out, err } = runHelm(['template', 'audit', CHART!, '-n', 'audit', ...values]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(faultsInKubernetes('1.37', { all: manifests(out) })).toBe('');
});

test('the pages name the files of their examples', () => {
  const page = (name: string) =>
    readFileSync(new URL(`../../docs/installing/${name}.md`, import.meta.url), 'utf8');
  for (const [name, folder] of [
    ['managed-clusters', 'clouds'],
    ['eks', 'eks'],
    ['gke', 'gke'],
    ['aks', 'aks'],
    ['openshift', 'openshift'],
  ] as const)
    for (const file of globSync('**/*.{yaml,json}', { cwd: `${EXAMPLES}${folder}` }))
      expect(page(name)).toContain(basename(file));
});
