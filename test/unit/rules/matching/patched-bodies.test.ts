import { expect, test } from 'vitest';
import { matches } from '../loaded.ts';

const asks = (selection: string, requestObject: unknown) =>
  matches(`s:\n${selection.replaceAll(/^/gm, '  ')}\ncondition: s\n`, { verb: 'patch', requestObject });

const add = (path: string, value: unknown) => ({ op: 'add', path, value });

test.each<[string, string, unknown[]]>([
  ['a rule of a role', 'requestObject.rules.verbs: escalate', [add('/rules/0/verbs/-', 'escalate')]],
  [
    'a whole rule, as one member',
    "requestObject.rules[any]:\n  verbs: '\\*'\n  resources: '\\*'",
    [add('/rules/-', { verbs: ['*'], resources: ['*'] })],
  ],
  [
    'a container of a workload',
    'podSpec.containers.securityContext.privileged: true',
    [add('/spec/template/spec/containers/0/securityContext', { privileged: true })],
  ],
  [
    'a container of a pod, as one member',
    'podSpec.ephemeralContainers[any]:\n  image: debug\n  targetContainerName: web',
    [add('/spec/ephemeralContainers/-', { image: 'debug', targetContainerName: 'web' })],
  ],
  [
    'an annotation',
    'requestObject.metadata.annotations.a.io/b: x',
    [add('/metadata/annotations/a.io~1b', 'x')],
  ],
  ['the operations themselves', "requestObject[any]:\n  op: add\n  path: '/spec/x'", [add('/spec/x', 1)]],
])('a JSON patch has %s', (_, selection, operations) => {
  expect(asks(selection, operations)).toBe(true);
});

test.each<[string, string, unknown]>([
  ['a merge patch', 'podSpec.hostPID: true', { spec: { template: { spec: { hostPID: true } } } }],
  [
    'a strategic merge patch',
    'podSpec.containers[any]:\n  name: web\n  image: bad',
    {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'web' }, { name: 'side' }],
            $retainKeys: ['containers'],
            containers: [{ $patch: 'replace', name: 'web', image: 'bad' }],
          },
        },
      },
    },
  ],
])('%s is read as it is', (_, selection, body) => {
  expect(asks(selection, body)).toBe(true);
});

test('the order of elements in a strategic merge patch is none of its containers', () => {
  expect(
    asks('podSpec.containers.name: side', { spec: { '$setElementOrder/containers': [{ name: 'side' }] } }),
  ).toBe(false);
});

test('what a patch takes away is not seen', () => {
  expect(asks('podSpec.hostPID|exists: true', [{ op: 'remove', path: '/spec/hostPID' }])).toBe(false);
});
