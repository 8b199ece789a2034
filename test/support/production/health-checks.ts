import type { Micros } from '../../../src/model/time.ts';
import { anonymous, type Client, CONTROL_PLANE, unknown } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import type { Dice } from './dice.ts';
import { target } from './kinds.ts';
import { about, after, DAY, every, HOUR, MINUTE, SECOND } from './schedule.ts';

interface Check {
  readonly by: Client;
  readonly verb: 'get' | 'head';
  readonly path: string;
  readonly query?: string;
}

/** Load balancers, kubelets of the control plane, and monitors: nobody of them has an account. */
const CHECKS: readonly Check[] = [
  { by: anonymous('ELB-HealthChecker/2.0', '10.0.1.21'), verb: 'get', path: '/readyz' },
  { by: anonymous('ELB-HealthChecker/2.0', '10.0.2.34'), verb: 'get', path: '/readyz' },
  { by: anonymous('GoogleHC/1.0', '35.191.12.7'), verb: 'get', path: '/readyz' },
  { by: anonymous('GoogleHC/1.0', '130.211.1.9'), verb: 'get', path: '/healthz' },
  { by: anonymous('', '10.0.1.5'), verb: 'get', path: '/healthz' },
  { by: anonymous('HAProxy', '10.0.1.6'), verb: 'head', path: '/livez' },
  ...CONTROL_PLANE.flatMap((address): Check[] => [
    { by: anonymous('kube-probe/1.34', address), verb: 'get', path: '/livez' },
    { by: anonymous('kube-probe/1.34', address), verb: 'get', path: '/readyz' },
  ]),
  { by: anonymous('curl/8.5.0', '10.0.3.7'), verb: 'get', path: '/readyz', query: 'verbose' },
  { by: anonymous('curl/8.5.0', '10.0.3.7'), verb: 'get', path: '/livez', query: 'verbose&exclude=etcd' },
  { by: anonymous('Blackbox Exporter/0.25.0', '10.64.9.12'), verb: 'get', path: '/healthz' },
  { by: anonymous('Prometheus-Blackbox-Exporter', '10.64.9.13'), verb: 'get', path: '/version' },
  {
    by: anonymous('Mozilla/5.0+(compatible; UptimeRobot/2.0)', '198.51.100.2'),
    verb: 'head',
    path: '/healthz',
  },
];

/** OpenShift's router: the front page is refused to everybody without credentials, and that is enough for it. */
const FRONT_PAGE: Check = { by: anonymous('Go-http-client/1.1', '10.0.4.2'), verb: 'head', path: '/' };

/** The same where anonymous access is off. */
const UNAUTHORIZED: readonly Check[] = [
  { by: unknown('kube-probe/1.34', '10.224.0.4'), verb: 'get', path: '/healthz' },
  { by: unknown('', '10.224.0.5'), verb: 'get', path: '/readyz' },
  { by: unknown('curl/8.5.0', '10.224.0.6'), verb: 'get', path: '/readyz', query: 'verbose' },
];

/** Health checks of anybody, and nodes that join and have no credentials yet. */
export const healthChecks: Actor = (stretch, rates, dice) => [
  ...about(rates.healthChecks, stretch, dice).map((at) => checked(dice.pick(CHECKS), at)),
  ...every(10 * MINUTE, MINUTE, stretch).map(({ at }) => checked(FRONT_PAGE, at)),
  ...UNAUTHORIZED.flatMap((check, i) =>
    every(5 * MINUTE, i * MINUTE, stretch).map(({ at }) => checked(check, at, 401)),
  ),
  ...every(3 * DAY, DAY + 21 * HOUR, stretch).flatMap(({ at }) => whileItStarts(at)),
  ...every(2 * DAY, 9 * HOUR, stretch).map(({ at, n }) => joins(at, n, dice)),
];

function checked({ by, verb, path, query }: Check, at: Micros, code = 200): Call {
  return {
    at,
    by,
    verb,
    to: { path },
    ...(query === undefined ? {} : { query }),
    ...(path === '/' ? { refused: '' } : { code }),
  };
}

/** It is not ready at first, and says so. */
const whileItStarts = (at: Micros): readonly Call[] =>
  CHECKS.filter(({ path }) => path === '/readyz').flatMap((check) =>
    [0, 5, 10].map((seconds) => checked(check, after(at, seconds * SECOND), 500)),
  );

/** kubeadm join reads what everybody may read. */
const joins = (at: Micros, n: number, dice: Dice): Call => ({
  at,
  by: anonymous(
    'kubeadm/v1.34.3 (linux/amd64) kubernetes/df11db1',
    `10.0.18.${10 + ((n + dice.below(200)) % 200)}`,
  ),
  verb: 'get',
  to: target('configmaps', 'kube-public', 'cluster-info'),
  query: 'timeout=10s',
});
