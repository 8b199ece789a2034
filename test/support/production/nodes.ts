import type { Micros } from '../../../src/model/time.ts';
import { type Client, controller, kubelet, NODES, nodeAddress, nodeName } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { APPS, podName, SECRETS } from './cluster.ts';
import type { Dice } from './dice.ts';
import { type KindName, selected, target } from './kinds.ts';
import { firstList, watch } from './reflector.ts';
import { about, after, SECOND } from './schedule.ts';

/** The kubelets: leases, states, and what their pods need. */
export const nodes: Actor = (stretch, rates, dice) => {
  const times = (perHour: number, call: (node: Client, at: Micros) => readonly Call[]) =>
    about(perHour, stretch, dice).flatMap((at) => call(anyNode(dice), at));
  return [
    ...times(rates.nodeLeases, (by, at) => [lease(by, at)]),
    ...times(rates.nodeStatus, (by, at) => [nodeStatus(by, at)]),
    ...times(rates.kubeletWatches, (by, at) => [watch(by, at, needed(dice), dice)]),
    ...times(rates.kubeletGets, (by, at) => [gets(by, at, dice)]),
    ...times(rates.kubeletTokens, (by, at) => [token(by, at, dice)]),
    ...times(rates.podStatus, (by, at) => [podStatus(by, at, dice)]),
    ...times(rates.nodeEvents, (by, at) => [event(by, at, dice)]),
    ...times(rates.podsGone, (by, at) => podGone(by, at, dice)),
  ];
};

export const anyNode = (dice: Dice): Client => numbered(dice.below(NODES));
export const numbered = (n: number): Client => KUBELETS[n]!;
const KUBELETS = Array.from({ length: NODES }, (_, n) => kubelet(nodeName(n), nodeAddress(n)));
/** `system:node:NAME` to NAME. */
const nameOf = (node: Client): string => node.user.username!.slice('system:node:'.length);

function lease(by: Client, at: Micros): Call {
  const to = target('leases', 'kube-node-lease', nameOf(by));
  return { at, by, verb: 'update', to, query: 'timeout=10s' };
}

const nodeStatus = (by: Client, at: Micros): Call => ({
  at,
  by,
  verb: 'patch',
  to: target('nodes', undefined, nameOf(by), 'status'),
  query: 'timeout=10s',
});

/** A secret or a config map of a pod. */
function needed(dice: Dice) {
  const app = dice.pick(APPS);
  return dice.below(2) === 0
    ? selected('secrets', app, `${app}-${dice.pick(SECRETS)}`)
    : selected('configmaps', app, `${app}-config`);
}

function gets(by: Client, at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const to = dice.pick([
    target('pods', app, podName(app, dice.hex(14))),
    target('nodes', undefined, nameOf(by)),
    target('secrets', app, `${app}-registry`),
    target('configmaps', app, 'kube-root-ca.crt'),
  ]);
  return { at, by, verb: 'get', to, query: 'resourceVersion=0&timeout=10s' };
}

function token(by: Client, at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  return { at, by, verb: 'create', to: target('serviceaccounts', app, app, 'token') };
}

function podStatus(by: Client, at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  return { at, by, verb: 'patch', to: target('pods', app, podName(app, dice.hex(14)), 'status') };
}

function event(by: Client, at: Micros, dice: Dice): Call {
  const app = dice.pick(APPS);
  const body = {
    kind: 'Event',
    apiVersion: 'v1',
    reason: 'Pulled',
    message: `Container image "registry.example.com/${app}:7" already present on machine`,
  };
  return { at, by, verb: 'create', to: target('events', app), body };
}

/** The node authorizer refuses what no pod of the node needs. A pod that has just been deleted needs nothing any more. */
function podGone(by: Client, at: Micros, dice: Dice): readonly Call[] {
  const app = dice.pick(APPS);
  const refused = `no relationship found between node '${nameOf(by)}' and this object`;
  const secret = selected('secrets', app, `${app}-${dice.pick(SECRETS)}`);
  const calls: readonly Call[] = [
    firstList(by, at, secret),
    { ...watch(by, after(at, SECOND), secret, dice), lasts: 50 },
    firstList(by, after(at, 2 * SECOND), selected('configmaps', app, `${app}-config`)),
    { at: after(at, 3 * SECOND), by, verb: 'create', to: target('serviceaccounts', app, app, 'token') },
  ];
  const gone = calls.slice(0, 1 + dice.below(calls.length)).map((call) => ({ ...call, refused }));
  const deleted = { at: after(at, -SECOND), by: controller('replicaset-controller'), verb: 'delete' };
  return [{ ...deleted, to: target('pods', app, podName(app, dice.hex(14))) }, ...gone];
}

const WATCHED: readonly KindName[] = ['services', 'nodes', 'csidrivers', 'runtimeclasses'];

/** A kubelet connects to an API server that has just started, whose authorizers do not know all yet. */
export function reconnects(by: Client, at: Micros, dice: Dice): readonly Call[] {
  const later = (seconds: number) => after(at, seconds * SECOND + dice.below(SECOND));
  const refused = `no relationship found between node '${nameOf(by)}' and this object`;
  const app = dice.pick(APPS);
  const objects = [
    selected('secrets', app, `${app}-database`),
    selected('secrets', app, `${app}-tls`),
    selected('configmaps', app, `${app}-config`),
  ];
  return [
    ...WATCHED.map((kind, i) => watch(by, later(10 + i), target(kind), dice)),
    ...objects.flatMap((to, i) => [
      { ...firstList(by, later(i), to), refused },
      { ...watch(by, later(i + 1), to, dice), lasts: 60, refused },
      firstList(by, later(8 + i), to),
      watch(by, later(9 + i), to, dice),
    ]),
    { at: later(2), by, verb: 'get', to: target('persistentvolumeclaims', app, `${app}-data`), refused },
    {
      at: later(3),
      by,
      verb: 'get',
      to: target('persistentvolumes', undefined, `pvc-${dice.uuid()}`),
      refused,
    },
    {
      at: later(3),
      by,
      verb: 'get',
      to: target('volumeattachments', undefined, `csi-${dice.hex(64)}`),
      refused,
    },
    { at: later(4), by, verb: 'create', to: target('serviceaccounts', app, app, 'token'), refused },
  ];
}
