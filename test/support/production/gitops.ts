import type { Micros } from '../../../src/model/time.ts';
import { podOf, type Workload } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import {
  application,
  type Chart,
  certManager,
  externalSecrets,
  logging,
  monitoring,
  networking,
  targetOf,
} from './charts.ts';
import { APPS } from './cluster.ts';
import type { Dice } from './dice.ts';
import { helmUpgrade } from './helm.ts';
import { KINDS, type KindName, target } from './kinds.ts';
import { starts, watch } from './reflector.ts';
import { about, after, DAY, every, HOUR, isAtWork, MINUTE, SECOND } from './schedule.ts';
import { kubernetesClient } from './user-agents.ts';

const argo = (account: string): Workload => ({
  namespace: 'argocd',
  account,
  agent: kubernetesClient(account),
});
const flux = (account: string): Workload => ({
  namespace: 'flux-system',
  account,
  agent: kubernetesClient(account),
  role: 'cluster-admin',
});

const applications = argo('argocd-application-controller');
const server = argo('argocd-server');
const applicationSets = argo('argocd-applicationset-controller');
const kustomize = flux('kustomize-controller');
const helm = flux('helm-controller');
const source = flux('source-controller');

/** Argo CD keeps a copy of everything in the cluster. */
const EVERYTHING = (Object.keys(KINDS) as KindName[]).filter(
  (kind) => !kind.endsWith('reviews') && !kind.endsWith('.k8s.io'),
);
/** What kustomize-controller compares every ten minutes, by applying it without effect. */
const PLATFORM: readonly Chart[] = [monitoring, logging, networking];

/** Argo CD and Flux: they compare, and roll out what differs. */
export const gitops: Actor = (stretch, rates, dice) => [
  ...about(rates.gitops, stretch, dice).map((at) => looks(at, dice)),
  ...every(60 * HOUR, 4 * HOUR, stretch).flatMap(({ at, n }) => argoStarts(at, n, dice)),
  ...every(60 * HOUR, 5 * HOUR, stretch).flatMap(({ at, n }) => fluxStarts(at, n, dice)),
  ...every(3 * HOUR, 40 * MINUTE, stretch)
    .filter(({ at }) => isAtWork(at))
    .flatMap(({ at, n }) => argoSyncs(at, n)),
  ...every(DAY, 11 * HOUR, stretch).flatMap(({ at, n }) => argoApplies(at, PLATFORM[n % PLATFORM.length]!)),
  ...every(20 * MINUTE, 3 * MINUTE, stretch).flatMap(({ at, n }) =>
    fluxCompares(at, PLATFORM[n % PLATFORM.length]!),
  ),
  ...every(3 * DAY, DAY + 9 * HOUR, stretch).flatMap(({ at, n }) => fluxInstalls(at, n)),
];

function looks(at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const choices: readonly Omit<Call, 'at'>[] = [
    { by: podOf(applications), verb: 'patch', to: target('applications', 'argocd', app) },
    { by: podOf(applications), verb: 'get', to: target('deployments', app, app) },
    { by: podOf(server), verb: 'get', to: target('applications', 'argocd', app) },
    { by: podOf(server), verb: 'get', to: target('secrets', 'argocd', 'argocd-secret') },
    { by: podOf(source), verb: 'get', to: target('secrets', 'flux-system', 'flux-system') },
    { by: podOf(source), verb: 'patch', to: target('gitrepositories', 'flux-system', 'platform', 'status') },
    {
      by: podOf(kustomize),
      verb: 'patch',
      to: target('kustomizations', 'flux-system', 'platform', 'status'),
    },
    { by: podOf(helm), verb: 'patch', to: target('helmreleases', 'flux-system', app, 'status') },
    { by: podOf(helm), verb: 'get', to: target('secrets', app, `sh.helm.release.v1.${app}.v7`) },
  ];
  return { at, ...dice.pick(choices) };
}

/** gitops-engine lists without a version, as kubectl does, and then watches. */
function argoStarts(at: Micros, n: number, dice: Dice): readonly Call[] {
  const by = podOf(applications, n);
  return [
    ...EVERYTHING.flatMap((kind): Call[] => {
      const began = after(at, dice.below(20 * SECOND));
      return [
        { at: began, by, verb: 'list', to: target(kind), query: 'limit=500' },
        watch(by, after(began, SECOND), target(kind), dice),
      ];
    }),
    ...starts(podOf(server, n), at, ['secrets', 'configmaps', 'applications', 'appprojects'], dice, {
      namespace: 'argocd',
    }),
    ...starts(podOf(applicationSets, n), at, ['applications', 'secrets'], dice, { namespace: 'argocd' }),
  ];
}

const fluxStarts = (at: Micros, n: number, dice: Dice): readonly Call[] => [
  ...starts(podOf(kustomize, n), at, ['kustomizations', 'gitrepositories'], dice),
  ...starts(podOf(helm, n), at, ['helmreleases', 'gitrepositories'], dice),
  ...starts(podOf(source, n), at, ['gitrepositories'], dice),
];

/** A new version of an application; its chart has a job and a cron job. */
function argoSyncs(at: Micros, n: number): readonly Call[] {
  const chart = application(APPS[n % APPS.length]!, n);
  const by = podOf(applications);
  return [
    ...chart.hooks.map(
      (hook): Call => ({
        at,
        by,
        verb: 'create',
        to: targetOf(hook),
        body: hook.body,
        query: 'fieldManager=argocd-controller',
      }),
    ),
    ...argoApplies(after(at, 5 * SECOND), chart),
  ];
}

const argoApplies = (at: Micros, { parts }: Chart): readonly Call[] =>
  parts.map((part, i) => ({
    at: after(at, (i * SECOND) / 2),
    by: podOf(applications),
    verb: 'patch',
    to: targetOf(part),
    query: 'fieldManager=argocd-controller&force=true',
    body: part.body,
  }));

/** kustomize-controller asks what would change. Nothing does. */
const fluxCompares = (at: Micros, { parts }: Chart): readonly Call[] =>
  parts.map((part, i) => ({
    at: after(at, (i * SECOND) / 10),
    by: podOf(kustomize),
    verb: 'patch',
    to: targetOf(part),
    query: 'dryRun=All&fieldManager=kustomize-controller&force=true',
    body: part.body,
  }));

function fluxInstalls(at: Micros, n: number): readonly Call[] {
  const chart = n % 2 === 0 ? externalSecrets : certManager;
  return helmUpgrade(podOf(helm), at, chart, 3 + n);
}
