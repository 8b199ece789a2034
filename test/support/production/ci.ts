import type { Micros } from '../../../src/model/time.ts';
import { person, podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { application, certManager, ingressNginx, monitoring } from './charts.ts';
import { APPS } from './cluster.ts';
import type { Dice } from './dice.ts';
import { HELM, helmUpgrade } from './helm.ts';
import { target } from './kinds.ts';
import { about, after, DAY, every, HOUR, isAtWork, MINUTE, SECOND } from './schedule.ts';
import { KUBECTL_LINUX } from './user-agents.ts';

const deployer: Workload = { namespace: 'ci', account: 'deployer', agent: HELM };
const previews: Workload = { namespace: 'ci', account: 'previews', agent: KUBECTL_LINUX };
const runner: Workload = {
  namespace: 'gitlab-runner',
  account: 'gitlab-runner',
  agent: 'gitlab-runner 17.4.0 (17-4-stable; go1.22.7; linux/amd64)',
};
const engineer = person('dora', ['platform-admins'], HELM);

/** Pipelines that deliver with Helm, runners that build in pods, and people who install charts from their machines. */
export const ci: Actor = (stretch, rates, dice) => [
  ...about(rates.deliveries, stretch, dice).map((at) => looks(at, dice)),
  ...every(80 * MINUTE, 20 * MINUTE, stretch)
    .filter(({ at }) => isAtWork(at))
    .flatMap(({ at, n }) => delivers(at, n)),
  ...every(30 * MINUTE, 10 * MINUTE, stretch)
    .filter(({ at }) => isAtWork(at))
    .flatMap(({ at, n }) => builds(at, n, dice)),
  ...every(DAY, 15 * HOUR, stretch)
    .filter(({ at }) => isAtWork(at))
    .flatMap(({ at, n }) => preview(at, n)),
  ...INSTALLS.flatMap(({ chart, offset, revision }) =>
    every(7 * DAY, offset, stretch).flatMap(({ at }) => helmUpgrade(engineer, at, chart, revision)),
  ),
];

/** One person, three charts; two are new in the cluster. */
const INSTALLS = [
  { chart: ingressNginx, offset: DAY + 10 * HOUR, revision: 1 },
  { chart: monitoring, offset: 2 * DAY + 14 * HOUR, revision: 12 },
  { chart: certManager, offset: 3 * DAY + 11 * HOUR, revision: 1 },
];

/** A pipeline asks how its rollout goes. */
function looks(at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  return {
    at,
    by: { ...podOf(deployer), agent: KUBECTL_LINUX },
    verb: 'get',
    to: target('deployments', app, app),
  };
}

/** Each run is another pod of the runner. */
const delivers = (at: Micros, n: number): readonly Call[] =>
  helmUpgrade(podOf(deployer, n), at, application(APPS[n % APPS.length]!, n), 20 + n);

/** A build runs in a pod that the runner makes, enters and deletes. */
function builds(at: Micros, n: number, dice: Dice): readonly Call[] {
  const by = podOf(runner);
  const pod = `runner-t1x3sz-project-${10 + dice.below(20)}-concurrent-0-${dice.hex(8)}`;
  const namespace = 'gitlab-runner';
  const to = target('pods', namespace, pod);
  const body = {
    apiVersion: 'v1',
    metadata: { name: pod, namespace },
    spec: {
      containers: [
        { name: 'build', image: 'registry.example.com/build:3' },
        {
          name: 'helper',
          image: 'registry.gitlab.com/gitlab-org/gitlab-runner/gitlab-runner-helper:x86_64-v17.4.0',
        },
      ],
    },
  };
  const enter = (seconds: number, name: string): Call => ({
    at: after(at, seconds * SECOND),
    by,
    verb: 'create',
    to: target('pods', namespace, pod, 'attach'),
    query: `container=${name}&stderr=true&stdin=true&stdout=true`,
    code: 101,
    lasts: 40 * SECOND,
  });
  return [
    { at, by, verb: 'create', to: target('secrets', namespace, `${pod}-credentials`) },
    { at: after(at, SECOND), by, verb: 'create', to, body },
    { at: after(at, 2 * SECOND), by, verb: 'get', to },
    enter(6, 'helper'),
    enter(50, 'build'),
    { at: after(at, (100 + (n % 7)) * SECOND), by, verb: 'delete', to },
    {
      at: after(at, 110 * SECOND),
      by,
      verb: 'delete',
      to: target('secrets', namespace, `${pod}-credentials`),
    },
  ];
}

/** A namespace for the preview of a change, and the end of an older one. */
function preview(at: Micros, n: number): readonly Call[] {
  const by = podOf(previews, n);
  const name = `preview-${1000 + n}`;
  return [
    {
      at,
      by,
      verb: 'create',
      to: target('namespaces', undefined, name),
      body: { apiVersion: 'v1', metadata: { name } },
      query: 'fieldManager=kubectl-create',
    },
    {
      at: after(at, 2 * SECOND),
      by,
      verb: 'create',
      to: target('deployments', name, 'web'),
      query: 'fieldManager=kubectl-client-side-apply',
    },
    {
      at: after(at, 5 * SECOND),
      by,
      verb: 'delete',
      to: target('namespaces', undefined, `preview-${1000 + n - 3}`),
    },
  ];
}
