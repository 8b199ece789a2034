import type { Micros } from '../../../src/model/time.ts';
import { type Client, person } from './accounts.ts';
import type { Actor } from './actor.ts';
import type { Call } from './call.ts';
import { APPS, podName } from './cluster.ts';
import type { Dice } from './dice.ts';
import { target } from './kinds.ts';
import { watch } from './reflector.ts';
import { about, after, DAY, every, HOUR, isAtWork, MINUTE, SECOND } from './schedule.ts';

const K9S = 'k9s/v0.32.5 (darwin/arm64) kubernetes/$Format';
const ADMINS = ['dora', 'emil'].map((name) => person(name, ['platform-admins']));

interface Developer {
  readonly by: Client;
  /** The application that is theirs. */
  readonly app: string;
}

const DEVELOPERS: readonly Developer[] = [
  'anna',
  'bo',
  'chen',
  'finn',
  'gita',
  'hugo',
  'ines',
  'jan',
  'kim',
  'lena',
].map((name, i) => ({ by: person(name, ['developers', APPS[i]!]), app: APPS[i]! }));

/** People at work: they look, sometimes change, rarely go in. */
export const people: Actor = (stretch, rates, dice) => [
  ...about(rates.people, stretch, dice)
    .filter(isAtWork)
    .flatMap((at) => looks(dice.pick(DEVELOPERS), at, dice)),
  ...about(rates.mistakes, stretch, dice)
    .filter(isAtWork)
    .flatMap((at) => tries(dice.pick(DEVELOPERS), at)),
  ...daily(10 * HOUR, stretch).flatMap(({ at, n }) => goesIn(DEVELOPERS[n % DEVELOPERS.length]!, at, dice)),
  ...daily(13 * HOUR, stretch).flatMap(({ at, n }) =>
    forwards(DEVELOPERS[(n + 3) % DEVELOPERS.length]!, at, dice),
  ),
  ...daily(15 * HOUR, stretch).flatMap(({ at, n }) => changes(DEVELOPERS[(n + 5) % DEVELOPERS.length]!, at)),
  ...daily(9 * HOUR, stretch).flatMap(({ at, n }) => opensK9s({ ...ADMINS[n % 2]!, agent: K9S }, at, dice)),
  ...every(7 * DAY, 3 * DAY + 16 * HOUR, stretch).flatMap(({ at }) => drains(ADMINS[1]!, at, dice)),
];

const daily = (offset: number, stretch: { from: Micros; to: Micros }) =>
  every(DAY, offset, stretch).filter(({ at }) => isAtWork(at));

/** kubectl get, describe and logs in their own namespace. */
function looks({ by, app }: Developer, at: Micros, dice: Dice): readonly Call[] {
  const pod = podName(app, dice.hex(14));
  const choices: readonly (readonly Omit<Call, 'at' | 'by'>[])[] = [
    [{ verb: 'list', to: target('pods', app), query: 'limit=500' }],
    [{ verb: 'list', to: target('deployments', app), query: 'limit=500' }],
    [{ verb: 'list', to: target('services', app), query: 'limit=500' }],
    [
      { verb: 'get', to: target('pods', app, pod) },
      {
        verb: 'list',
        to: target('events', app),
        query: `fieldSelector=involvedObject.name%3D${pod}&limit=500`,
      },
    ],
    [
      { verb: 'get', to: target('pods', app, pod) },
      {
        verb: 'get',
        to: target('pods', app, pod, 'log'),
        query: `container=${app}&follow=true&tailLines=100`,
        lasts: 90 * SECOND,
      },
    ],
    [
      { verb: 'get', to: { path: '/api' }, query: 'timeout=32s' },
      { verb: 'get', to: { path: '/apis' }, query: 'timeout=32s' },
    ],
    [{ verb: 'get', to: target('deployments', app, app) }],
    [{ verb: 'list', to: target('configmaps', app), query: 'limit=500' }],
  ];
  return dice.pick(choices).map((one, i) => ({ at: after(at, (i * SECOND) / 5), by, ...one }));
}

/** What a role does not have, by mistake: all namespaces, or the nodes. */
const tries = ({ by }: Developer, at: Micros): readonly Call[] => [
  { at, by, verb: 'list', to: target('pods'), query: 'limit=500', refused: '' },
  { at: after(at, 9 * SECOND), by, verb: 'list', to: target('nodes'), query: 'limit=500', refused: '' },
];

/** A shell in a pod of their own. */
function goesIn({ by, app }: Developer, at: Micros, dice: Dice): readonly Call[] {
  const pod = podName(app, dice.hex(14));
  return [
    { at, by, verb: 'get', to: target('pods', app, pod) },
    {
      at: after(at, SECOND),
      by,
      verb: 'get',
      to: target('pods', app, pod, 'exec'),
      query: `command=sh&container=${app}&stdin=true&stdout=true&tty=true`,
      code: 101,
      lasts: 4 * MINUTE,
    },
  ];
}

function forwards({ by, app }: Developer, at: Micros, dice: Dice): readonly Call[] {
  const to = target('pods', app, podName(app, dice.hex(14)), 'portforward');
  return [{ at, by, verb: 'get', to, code: 101, lasts: 10 * MINUTE }];
}

/** A new image, and a look at a secret. */
const changes = ({ by, app }: Developer, at: Micros): readonly Call[] => [
  { at, by, verb: 'get', to: target('deployments', app, app) },
  {
    at: after(at, SECOND),
    by,
    verb: 'patch',
    to: target('deployments', app, app),
    query: 'fieldManager=kubectl-set',
    body: {
      spec: { template: { spec: { containers: [{ name: app, image: `registry.example.com/${app}:8` }] } } },
    },
  },
  { at: after(at, 30 * SECOND), by, verb: 'get', to: target('secrets', app, `${app}-api`) },
  { at: after(at, 40 * SECOND), by, verb: 'create', to: target('selfsubjectaccessreviews') },
];

/** It asks what is allowed, kind by kind, lists what it shows, and watches it. */
function opensK9s(by: Client, at: Micros, dice: Dice): readonly Call[] {
  const shown = [
    'nodes',
    'namespaces',
    'pods',
    'customresourcedefinitions',
    'configmaps',
    'deployments',
  ] as const;
  return [
    ...Array.from(
      { length: 14 },
      (_, i): Call => ({
        at: after(at, (i * SECOND) / 4),
        by,
        verb: 'create',
        to: target('selfsubjectaccessreviews'),
      }),
    ),
    ...shown.flatMap((kind, i): Call[] => [
      { at: after(at, (5 + 20 * i) * SECOND), by, verb: 'list', to: target(kind), query: 'limit=500' },
      watch(by, after(at, (6 + 20 * i) * SECOND), target(kind), dice),
    ]),
    { at: after(at, 3 * MINUTE), by, verb: 'list', to: target('secrets', 'shop'), query: 'limit=500' },
  ];
}

/** A node out of service: no new pods, the old ones out. */
function drains(by: Client, at: Micros, dice: Dice): readonly Call[] {
  const name = 'ip-10-0-16-40.eu-central-1.compute.internal';
  return [
    { at, by, verb: 'patch', to: target('nodes', undefined, name), query: 'fieldManager=kubectl-drain' },
    ...Array.from({ length: 25 }, (_, i): Call => {
      const app = dice.pick(APPS);
      return {
        at: after(at, (2 + i) * SECOND),
        by,
        verb: 'create',
        to: target('pods', app, podName(app, dice.hex(14)), 'eviction'),
      };
    }),
  ];
}
